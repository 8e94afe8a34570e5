package io.rankfall.train;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Matrix;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer of {@link FusedMlpLearner} with what follows it: z = W·x + b, batch normalisation
 * where there is one, ReLU except in the last layer.
 *
 * <p>What lies between two products runs over {@link Tile}s on the heap.
 */
final class DenseLayer implements AutoCloseable {

  enum Activation {
    NONE,
    RELU
  }

  enum Mode {
    TRAINING,
    EVALUATION
  }

  private final String name;
  private final Activation activation;
  private final NativeMatrix inputs;

  /** W·x going forward, the loss's gradient by it going backward: rows × out. */
  private final NativeMatrix products;

  private final DenseWeights weights;
  private final Tile tile;
  private final HeapParameter bias;
  private final float[] biasGradient;
  private final @Nullable FusedBatchNorm norm;

  /** The layer's outputs; in the last layer the learner turns them into their gradients. */
  private final float[][] outputs;

  /** The loss's gradients by the outputs. */
  private final float[][] gradients;

  /**
   * @param batchSize how many rows there usually are
   * @param maxRows how many there may be
   * @param previous the layer that gives the inputs, null for the first
   */
  DenseLayer(
      Blas blas,
      Network.Layer layer,
      Activation activation,
      int batchSize,
      int maxRows,
      Optimizer optimizer,
      @Nullable DenseLayer previous) {
    int in = layer.weight().cols();
    int out = layer.weight().rows();
    this.name = layer.name();
    this.activation = activation;
    this.inputs = new NativeMatrix(maxRows, in);
    this.products = new NativeMatrix(maxRows, out);
    this.weights =
        new DenseWeights(
            blas,
            layer.weight(),
            optimizer,
            inputs,
            products,
            previous == null ? null : previous.products);
    this.tile = new Tile(out, batchSize);
    this.bias = new HeapParameter(layer.bias(), tile, optimizer);
    this.biasGradient = tile.array();
    this.norm =
        layer.batchNorm() == null
            ? null
            : new FusedBatchNorm(layer.batchNorm(), tile, maxRows, optimizer);
    this.outputs = tile.batch(maxRows);
    this.gradients = activation == Activation.NONE ? outputs : tile.batch(maxRows);
  }

  /** Where the caller puts the inputs before {@link #forward}, one example a row. */
  NativeMatrix inputs() {
    return inputs;
  }

  /** How {@link #outputs} lie. */
  Tile tile() {
    return tile;
  }

  float[][] outputs() {
    return outputs;
  }

  void forward(int rows, Mode mode, @Nullable DenseLayer next) {
    weights.forward(rows);
    int tiles = tile.count(rows);
    for (int t = 0; t < tiles; t++) {
      products.getRows(tile.firstRow(t), outputs[t], tile.length(t, rows));
    }
    if (norm != null) {
      norm.forward(outputs, rows, mode, bias.values());
    } else {
      for (int t = 0; t < tiles; t++) {
        addBias(tile.length(t, rows), outputs[t]);
      }
    }
    if (next != null) {
      for (int t = 0; t < tiles; t++) {
        next.inputs.putRows(tile.firstRow(t), outputs[t], tile.length(t, rows));
      }
    }
  }

  private void addBias(int n, float[] z) {
    if (activation == Activation.RELU) {
      Vectors.addAndRectify(n, z, bias.values());
    } else {
      Vectors.add(n, bias.values(), z);
    }
  }

  /** From the gradients by this layer's outputs to those by its inputs, and the update. */
  void backward(int rows, double learningRate) {
    int tiles = tile.count(rows);
    if (gradients != outputs) {
      for (int t = 0; t < tiles; t++) {
        products.getRows(tile.firstRow(t), gradients[t], tile.length(t, rows));
      }
    }
    Arrays.fill(biasGradient, 0);
    if (norm != null) {
      norm.backward(gradients, outputs, rows, learningRate);
    } else {
      for (int t = 0; t < tiles; t++) {
        maskAndAddToBias(tile.length(t, rows), gradients[t], outputs[t]);
      }
      tile.fold(biasGradient);
    }
    bias.descend(biasGradient, learningRate);
    for (int t = 0; t < tiles; t++) {
      products.putRows(tile.firstRow(t), gradients[t], tile.length(t, rows));
    }
    weights.backward(rows, learningRate);
  }

  private void maskAndAddToBias(int n, float[] gradient, float[] output) {
    if (activation == Activation.RELU) {
      Vectors.maskWhereZero(n, gradient, output);
    }
    Vectors.add(n, gradient, biasGradient);
  }

  String name() {
    return name;
  }

  /** ‖W‖_F. */
  double weightNorm() {
    return weights.norm();
  }

  /** A copy of W. */
  Matrix weight() {
    return weights.snapshot();
  }

  /** The factors of the last step's gradient, until the next {@link #forward}. */
  GradientFactors factors(int rows) {
    return new GradientFactors() {
      @Override
      public int rows() {
        return rows;
      }

      @Override
      public void copyDelta(int row, float[] to, int at) {
        products.get(row, to, at);
      }

      @Override
      public void copyInputs(int row, float[] to, int at) {
        inputs.get(row, to, at);
      }
    };
  }

  Network.Layer snapshot() {
    return new Network.Layer(
        name, weights.snapshot(), bias.snapshot(), norm == null ? null : norm.snapshot());
  }

  void save(LearnerState.Writer state) {
    weights.save(name, state);
    bias.save(name + ".bias", state);
    if (norm != null) {
      norm.save(name, state);
    }
  }

  void restore(LearnerState state) {
    weights.restore(name, state);
    bias.restore(name + ".bias", state);
    if (norm != null) {
      norm.restore(name, state);
    }
  }

  @Override
  public void close() {
    weights.close();
    inputs.close();
    products.close();
  }
}
