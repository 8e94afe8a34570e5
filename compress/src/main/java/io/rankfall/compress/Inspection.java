package io.rankfall.compress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The weight matrices of a model and their spectra.
 *
 * @param parameters numbers in the floating-point tensors of the model
 * @param matrices in the order of the file
 * @param products what attention computes with
 * @param skipped the weights that were not looked at, with the reason
 * @param nonFinite the weights with NaN or infinite numbers
 */
public record Inspection(
    long parameters,
    List<InspectedMatrix> matrices,
    List<InspectedProduct> products,
    List<SkippedWeight> skipped,
    List<SkippedWeight> nonFinite) {

  public Inspection {
    matrices = List.copyOf(matrices);
    products = List.copyOf(products);
    skipped = List.copyOf(skipped);
    nonFinite = List.copyOf(nonFinite);
  }

  /**
   * Inspects a model file on all cores; see {@link ModelWeights#open} and {@link #of(ModelWeights,
   * int, InspectionListener)}.
   */
  public static Inspection of(Path path) throws IOException, InterruptedException {
    return of(
        ModelWeights.open(path),
        Runtime.getRuntime().availableProcessors(),
        InspectionListener.NONE);
  }

  /**
   * Reads one matrix after another and computes its spectrum. The results do not depend on the
   * number of threads.
   *
   * <p>An m×n matrix takes 4·m·n bytes of heap and 8·min(m,n)² outside it while it is worked on,
   * whatever the size of the file; matrices are worked on together while they fit into two thirds
   * of the heap, and one that never fits is skipped with the reason.
   *
   * @param threads how many matrices at a time at most
   * @throws ModelFormatException in one line, if a file ends too early
   */
  public static Inspection of(ModelWeights weights, int threads, InspectionListener listener)
      throws IOException, InterruptedException {
    return new Inspector(weights, listener).inspect(threads);
  }
}
