package io.rankfall.compress;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import java.util.List;

/**
 * A convolution of one group with a constant kernel K (C_out × C_in × k₁ × k₂…) in an ONNX graph,
 * of one dimension or more, whatever its strides, padding and dilations.
 *
 * @param weight K as the matrix C_out × (C_in·k₁·k₂…), as Galanti et al. (arXiv 2206.05794) measure
 *     its rank
 * @param inputs C_in
 * @param kernel k₁, k₂…
 */
public record Convolution(
    String name,
    WeightMatrix weight,
    int inputs,
    List<Integer> kernel,
    String tensor,
    List<LinearLayer.Use> uses)
    implements Layer {

  public Convolution {
    kernel = List.copyOf(kernel);
    uses = List.copyOf(uses);
    long positions = kernel.stream().mapToLong(k -> k).reduce(1, Math::multiplyExact);
    if (kernel.isEmpty() || weight.matrix().cols() != inputs * positions) {
      throw new IllegalArgumentException(
          "convolution %s: expected %d inputs with a kernel of %s in %d columns"
              .formatted(name, inputs, kernel, weight.matrix().cols()));
    }
    if (uses.isEmpty()) {
      throw new IllegalArgumentException("convolution " + name + ": expected a node that uses it");
    }
  }

  /** C_out. */
  public int outputs() {
    return rows();
  }

  /** k₁·k₂…: the places of the input that one output sees. */
  public int positions() {
    return cols() / inputs;
  }

  /** Whether the kernel has two dimensions, both above 1, which a spatial decomposition parts. */
  boolean isSeparable() {
    return kernel.size() == 2 && kernel.get(0) > 1 && kernel.get(1) > 1;
  }

  /** K[o,c,i,j] of a {@linkplain #isSeparable separable} kernel at [(o,j), (c,i)]. */
  Matrix spatial() {
    Matrix w = weight.matrix();
    int height = kernel.get(0);
    int width = kernel.get(1);
    return Matrix.filled(
        outputs() * width,
        inputs * height,
        values -> {
          int next = 0;
          for (int o = 0; o < outputs(); o++) {
            for (int j = 0; j < width; j++) {
              for (int ci = 0; ci < inputs * height; ci++) {
                values[next++] = w.get(o, ci * width + j);
              }
            }
          }
        });
  }
}
