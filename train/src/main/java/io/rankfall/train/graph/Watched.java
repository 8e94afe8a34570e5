package io.rankfall.train.graph;

import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * A matrix whose singular values are measured during training: the weights of a layer, a
 * convolution's as C_out × (C_in·k·k), or a product of two that attention computes with.
 *
 * @param name the layer's; of a product {@code block1.head2.Wkᵀ·Wq} or {@code block1.head2.Wo·Wv}
 */
public record Watched(String name, int rows, int cols) {
  private static final String SHORTCUT = "shortcut";
  private static final String PRODUCT = "·";

  /** What its rank can be at most. */
  public int fullRank() {
    return Math.min(rows, cols);
  }

  /** Whether a name is that of a product. */
  public static boolean isProduct(String name) {
    return name.contains(PRODUCT);
  }

  /**
   * Those of a network's matrices, in order, that count in a mean: all but the last, which is the
   * classifier, shortcuts of residual blocks (both as in the paper), and products, whose factors
   * are there already. Of a single matrix itself.
   */
  public static <T> List<T> counted(List<T> matrices, Function<T, String> name) {
    return IntStream.range(0, matrices.size())
        .filter(i -> matrices.size() == 1 || i < matrices.size() - 1)
        .mapToObj(matrices::get)
        .filter(matrix -> !name.apply(matrix).endsWith(SHORTCUT) && !isProduct(name.apply(matrix)))
        .toList();
  }
}
