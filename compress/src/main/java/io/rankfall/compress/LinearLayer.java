package io.rankfall.compress;

import io.rankfall.spectra.WeightMatrix;
import java.util.List;
import java.util.Optional;

/**
 * A matrix product with constant weights in an ONNX graph: y = x·Wᵀ + b.
 *
 * @param name unique in the model: the name of the first node that uses the weights, else the
 *     weights' own
 * @param weight W, outputs × inputs, whatever the order in the file
 * @param tensor the value in the graph that holds W
 * @param layout how the nodes take W: as the tensor holds it, unless it is transposed on the way
 * @param uses the nodes that multiply by W, one or more
 */
public record LinearLayer(
    String name, WeightMatrix weight, String tensor, Layout layout, List<Use> uses)
    implements Layer {

  /** The order of W where it is multiplied. */
  public enum Layout {
    /** outputs × inputs: Gemm with transB = 1. */
    OUTPUTS_FIRST,
    /** inputs × outputs: MatMul, and Gemm with transB = 0. */
    INPUTS_FIRST
  }

  /**
   * One node that multiplies by W.
   *
   * @param node its index in the graph
   * @param input the value it multiplies
   * @param bias the constant added to the product that no other node reads, if there is one
   * @param biasScale how many times the product's weights go into the output for one bias:
   *     alpha/beta of a Gemm, −1 for the mean that a BatchNormalization takes off, else 1
   */
  public record Use(int node, String input, Optional<String> bias, double biasScale) {}

  public LinearLayer {
    uses = List.copyOf(uses);
    if (uses.isEmpty()) {
      throw new IllegalArgumentException("layer " + name + ": expected a node that uses it");
    }
  }
}
