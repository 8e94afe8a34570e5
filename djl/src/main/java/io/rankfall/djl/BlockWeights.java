package io.rankfall.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.nn.core.Linear;
import ai.djl.util.Pair;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The weight matrices of a DJL {@link Block}: the one place that says which layers have one and how
 * their weights are laid out in it.
 *
 * <table>
 *   <caption>Layers and their matrices</caption>
 *   <tr><th>layer</th><th>weights in DJL</th><th>matrix</th></tr>
 *   <tr><td>{@link Linear}</td><td>outputs, inputs</td><td>outputs × inputs</td></tr>
 *   <tr><td>{@link Convolution} (1, 2 and 3 dimensions)</td>
 *       <td>C_out, C_in/groups, k…</td><td>C_out × (C_in/groups·k·…)</td></tr>
 * </table>
 *
 * <p>Nothing else is listed: biases, normalisations, embeddings, recurrent and transposed
 * convolutional layers, and what is inside a {@link ai.djl.nn.SymbolBlock}.
 */
public final class BlockWeights {
  private static final String WEIGHT = "weight";

  private BlockWeights() {}

  /**
   * Copies of the weight matrices of {@code block} and all blocks in it, in the order of DJL's
   * {@link Block#getParameters()} and under its names without the final {@code _weight}, for
   * example {@code 01SequentialBlock_02Linear}; a block that is a layer itself is named by its
   * class.
   *
   * @throws IllegalStateException naming the layer, if it has no weights yet
   */
  public static List<WeightMatrix> of(Block block) {
    return layers(block).stream().map(Layer::weightMatrix).toList();
  }

  /** As {@link #of}, with one copy at a time. */
  static void forEach(Block block, Consumer<WeightMatrix> to) {
    layers(block).forEach(layer -> to.accept(layer.weightMatrix()));
  }

  /**
   * A layer that has a weight matrix.
   *
   * @param block the layer itself
   * @param weights the block's own array
   */
  public record Layer(String name, Block block, NDArray weights) {

    /**
     * How often an example uses the weights: the output positions of a convolution, the vectors
     * that a linear layer is applied to.
     */
    public int positions() {
      // With the batch first, as the block was initialized; Linear describes its features alone.
      Shape input = block.getInputShapes()[0];
      if (block instanceof Linear) {
        return input.dimension() <= 2
            ? 1
            : Math.toIntExact(input.slice(1, input.dimension() - 1).size());
      }
      Shape output = block.getOutputShapes(new Shape[] {input})[0];
      return Math.toIntExact(output.slice(2).size());
    }

    /** A copy of the matrix. */
    public Matrix matrix() {
      return matrix(floats(weights));
    }

    /**
     * Numbers that lie as the weights do, for example their gradient, as a matrix.
     *
     * @throws IllegalArgumentException if they are more or fewer
     */
    public Matrix matrix(float[] values) {
      // Both kinds of layers store the outputs first: the rest, row-major, are the columns.
      Shape shape = weights.getShape();
      int rows = Math.toIntExact(shape.get(0));
      int cols = Math.toIntExact(shape.slice(1).size());
      return Matrix.of(rows, cols, values);
    }

    private WeightMatrix weightMatrix() {
      return new WeightMatrix(name, matrix());
    }
  }

  /**
   * The layers that {@link #of} lists, in the same order.
   *
   * @throws IllegalStateException naming the layer, if it has no weights yet
   */
  public static List<Layer> layers(Block block) {
    List<Layer> found = new ArrayList<>();
    collect("", block, found);
    return List.copyOf(found);
  }

  private static void collect(String path, Block block, List<Layer> found) {
    if (block instanceof Linear || block instanceof Convolution) {
      found.add(layer(path.isEmpty() ? block.getClass().getSimpleName() : path, block));
    }
    for (Pair<String, Block> child : block.getChildren()) {
      collect(child(path, child.getKey()), child.getValue(), found);
    }
  }

  private static Layer layer(String name, Block block) {
    Parameter weight = weight(block);
    if (!weight.isInitialized()) {
      throw new IllegalStateException(
          "block %s: expected initialized weights, found none".formatted(name));
    }
    return new Layer(name, block, weight.getArray());
  }

  /** The name of a block's child, as DJL names parameters. */
  static String child(String path, String name) {
    return path.isEmpty() ? name : path + "_" + name;
  }

  /** That of a {@link Linear} or {@link Convolution}, copied. */
  static WeightMatrix matrix(String name, Block layer) {
    return layer(name, layer).weightMatrix();
  }

  /** Of a {@link Linear} or {@link Convolution}. */
  static Parameter weight(Block layer) {
    return layer.getDirectParameters().get(WEIGHT);
  }

  private static float[] floats(NDArray array) {
    if (array.getDataType() == DataType.FLOAT32) {
      return array.toFloatArray();
    }
    try (NDArray single = array.toType(DataType.FLOAT32, true)) {
      return single.toFloatArray();
    }
  }
}
