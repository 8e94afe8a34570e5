package io.rankfall.train;

import org.jspecify.annotations.Nullable;

/**
 * A linear layer of {@link FusedMlpLearner} with what follows it: z = W·x + b, batch normalisation
 * where there is one, ReLU except in the last layer.
 *
 * <p>What lies between two products runs over rows of the heap, one array an example.
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
  private final HeapParameter bias;
  private final @Nullable FusedBatchNorm norm;

  /** The layer's outputs; in the last layer the learner turns them into their gradients. */
  private final float[][] outputs;

  /** The loss's gradients by the outputs. */
  private final float[][] gradients;

  /**
   * @param previous the layer that gives the inputs, null for the first
   */
  DenseLayer(
      Sgemm sgemm,
      Network.Layer layer,
      Activation activation,
      int maxRows,
      Sgd sgd,
      @Nullable DenseLayer previous) {
    int in = layer.weight().cols();
    int out = layer.weight().rows();
    this.name = layer.name();
    this.activation = activation;
    this.inputs = new NativeMatrix(maxRows, in);
    this.products = new NativeMatrix(maxRows, out);
    this.weights =
        new DenseWeights(
            sgemm,
            layer.weight(),
            sgd,
            inputs,
            products,
            previous == null ? null : previous.products);
    this.bias = new HeapParameter(layer.bias(), sgd);
    this.norm =
        layer.batchNorm() == null ? null : new FusedBatchNorm(layer.batchNorm(), maxRows, sgd);
    this.outputs = new float[maxRows][out];
    this.gradients = activation == Activation.NONE ? outputs : new float[maxRows][out];
  }

  /** Where the caller puts the inputs before {@link #forward}, one example a row. */
  NativeMatrix inputs() {
    return inputs;
  }

  float[][] outputs() {
    return outputs;
  }

  void forward(int rows, Mode mode, @Nullable DenseLayer next) {
    weights.forward(rows);
    for (int i = 0; i < rows; i++) {
      products.get(i, outputs[i]);
    }
    if (norm != null) {
      norm.forward(outputs, rows, mode, bias.values());
    } else if (activation == Activation.RELU) {
      for (int i = 0; i < rows; i++) {
        Vectors.addAndRectify(outputs[i], bias.values());
      }
    } else {
      for (int i = 0; i < rows; i++) {
        Vectors.add(bias.values(), outputs[i]);
      }
    }
    if (next != null) {
      for (int i = 0; i < rows; i++) {
        next.inputs.put(i, outputs[i]);
      }
    }
  }

  /** From the gradients by this layer's outputs to those by its inputs, and the update. */
  void backward(int rows, double learningRate) {
    if (activation == Activation.RELU) {
      for (int i = 0; i < rows; i++) {
        products.get(i, gradients[i]);
        Vectors.maskWhereZero(gradients[i], outputs[i]);
      }
    }
    if (norm != null) {
      norm.backward(gradients, rows, learningRate);
    }
    bias.descend(gradients, rows, learningRate);
    for (int i = 0; i < rows; i++) {
      products.put(i, gradients[i]);
    }
    weights.backward(rows, learningRate);
  }

  Network.Layer snapshot() {
    return new Network.Layer(
        name, weights.snapshot(), bias.snapshot(), norm == null ? null : norm.snapshot());
  }

  @Override
  public void close() {
    weights.close();
    inputs.close();
    products.close();
  }
}
