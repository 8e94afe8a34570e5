package io.rankfall.compress;

import io.rankfall.spectra.Spectrum;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The product of two weights that attention computes with, head by head.
 *
 * @param name of the attention layer
 * @param rows of the product
 * @param cols of the product
 * @param heads the singular values that can be other than 0, as many as a head is wide
 * @param together whether the heads are not told apart and {@code heads} is their sum's spectrum
 */
public record InspectedProduct(
    String name, Kind kind, int rows, int cols, List<Spectrum> heads, boolean together) {

  /** Which of the products. */
  public enum Kind {
    /** W_KᵀW_Q, which makes the scores. */
    QUERY_KEY("Wkᵀ·Wq"),
    /** W_O·W_V, which makes the output. */
    OUTPUT_VALUE("Wo·Wv");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    public String label() {
      return label;
    }
  }

  public InspectedProduct {
    heads = List.copyOf(heads);
  }

  /** The smallest, mean and largest of a rank over the heads. */
  public IntSummaryStatistics over(ToIntFunction<Spectrum> rank) {
    return heads.stream().mapToInt(rank).summaryStatistics();
  }
}
