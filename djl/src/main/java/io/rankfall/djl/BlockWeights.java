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
    List<WeightMatrix> found = new ArrayList<>();
    forEach(block, found::add);
    return List.copyOf(found);
  }

  /** As {@link #of}, with one copy at a time. */
  static void forEach(Block block, Consumer<WeightMatrix> to) {
    collect("", block, to);
  }

  private static void collect(String path, Block block, Consumer<WeightMatrix> to) {
    if (block instanceof Linear || block instanceof Convolution) {
      to.accept(matrix(path.isEmpty() ? block.getClass().getSimpleName() : path, block));
    }
    for (Pair<String, Block> child : block.getChildren()) {
      collect(child(path, child.getKey()), child.getValue(), to);
    }
  }

  /** The name of a block's child, as DJL names parameters. */
  static String child(String path, String name) {
    return path.isEmpty() ? name : path + "_" + name;
  }

  /** That of a {@link Linear} or {@link Convolution}, copied. */
  static WeightMatrix matrix(String name, Block layer) {
    return new WeightMatrix(name, outputsByRest(name, weight(layer)));
  }

  /** Of a {@link Linear} or {@link Convolution}. */
  static Parameter weight(Block layer) {
    return layer.getDirectParameters().get(WEIGHT);
  }

  /** Both kinds of layers store the outputs first: the rest, row-major, are the columns. */
  private static Matrix outputsByRest(String name, Parameter weight) {
    if (!weight.isInitialized()) {
      throw new IllegalStateException(
          "block %s: expected initialized weights, found none".formatted(name));
    }
    Shape shape = weight.getArray().getShape();
    int rows = Math.toIntExact(shape.get(0));
    int cols = Math.toIntExact(shape.slice(1).size());
    return Matrix.of(rows, cols, floats(weight.getArray()));
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
