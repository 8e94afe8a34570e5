package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.OpenBlas;
import io.rankfall.spectra.OpenBlas.Op;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer of {@link FusedMlpLearner} with what follows it: z = W·x + b, batch normalisation
 * where there is one, ReLU except in the last layer.
 *
 * <p>The weights are kept as W = s·Ŵ with a scalar s, so that decay is one multiplication, s ← (1 −
 * μ·wd)·s, and the update adds to Ŵ without another pass over it; s is multiplied into Ŵ before it
 * becomes small.
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

  private static final double SMALLEST_SCALE = 0.5;

  private final OpenBlas blas;
  private final Sgd sgd;
  private final String name;
  private final Activation activation;
  private final int in;
  private final int out;

  private final FloatPointer weight;
  private double scale = 1;
  private final @Nullable FloatPointer velocity;
  private final HeapParameter bias;
  private final @Nullable FusedBatchNorm norm;

  /** Inputs of this layer, rows × in. */
  private final FloatPointer inputs;

  /** W·x going forward, the loss's gradient by it going backward: rows × out. */
  private final FloatPointer products;

  /** The layer's outputs going forward, the loss's gradient by them going backward. */
  private final float[] outputs;

  private final float[] gradient;
  private final float[] staged;
  private int stagedRows;

  DenseLayer(OpenBlas blas, Network.Layer layer, Activation activation, int maxRows, Sgd sgd) {
    this.blas = blas;
    this.sgd = sgd;
    this.name = layer.name();
    this.activation = activation;
    this.in = layer.weight().cols();
    this.out = layer.weight().rows();
    this.weight = new FloatPointer(layer.weight().toArray());
    this.velocity = sgd.momentum() == 0 ? null : zeros((long) in * out);
    this.bias = new HeapParameter(layer.bias(), sgd);
    this.norm =
        layer.batchNorm() == null ? null : new FusedBatchNorm(layer.batchNorm(), maxRows, sgd);
    this.inputs = new FloatPointer((long) maxRows * in);
    this.products = new FloatPointer((long) maxRows * out);
    this.outputs = new float[maxRows * out];
    this.gradient = new float[maxRows * out];
    this.staged = new float[maxRows * in];
  }

  private static FloatPointer zeros(long count) {
    return new FloatPointer(count).put(new float[(int) count]);
  }

  /** Where the caller puts rows × in inputs before {@link #forward}, for the first layer. */
  float[] stageInputs(int rows) {
    stagedRows = rows;
    return staged;
  }

  float[] outputs() {
    return outputs;
  }

  void forward(int rows, Mode mode, @Nullable DenseLayer next) {
    if (stagedRows > 0) {
      inputs.put(staged, 0, stagedRows * in);
      stagedRows = 0;
    }
    blas.sgemm(
        Op.TRANSPOSED,
        Op.AS_IS,
        out,
        rows,
        in,
        (float) scale,
        weight,
        in,
        inputs,
        in,
        0,
        products,
        out);
    products.get(outputs, 0, rows * out);
    addRow(outputs, rows, bias.values());
    if (norm != null) {
      norm.forward(outputs, rows, mode);
    }
    if (activation == Activation.RELU) {
      relu(outputs, rows * out);
    }
    if (next != null) {
      next.inputs.put(outputs, 0, rows * out);
    }
  }

  /**
   * From the gradient by this layer's outputs, which the last layer finds in its outputs, to the
   * update.
   */
  void backward(int rows, double learningRate, @Nullable DenseLayer previous) {
    float[] delta = activation == Activation.NONE ? outputs : gradient;
    if (activation == Activation.RELU) {
      maskWhereZero(delta, outputs, rows * out);
    }
    if (norm != null) {
      norm.backward(delta, rows, learningRate);
    }
    products.put(delta, 0, rows * out);
    bias.updateWithColumnSums(delta, rows, learningRate);
    if (previous != null) {
      blas.sgemm(
          Op.AS_IS,
          Op.AS_IS,
          in,
          rows,
          out,
          (float) scale,
          weight,
          in,
          products,
          out,
          0,
          previous.products,
          in);
      previous.products.get(previous.gradient, 0, rows * in);
    }
    updateWeights(rows, learningRate);
  }

  private void updateWeights(int rows, double learningRate) {
    if (velocity != null) {
      float wd = (float) (sgd.weightDecay() * scale);
      addOuterProducts(rows, 1, (float) sgd.momentum(), velocity);
      blas.saxpy(in * out, wd, weight, velocity);
      blas.saxpy(in * out, (float) (-learningRate / scale), velocity, weight);
      return;
    }
    scale *= 1 - learningRate * sgd.weightDecay();
    addOuterProducts(rows, (float) (-learningRate / scale), 1, weight);
    if (scale < SMALLEST_SCALE) {
      blas.sscal(in * out, (float) scale, weight);
      scale = 1;
    }
  }

  /** target (out × in) ← beta·target + alpha·Δᵀ·X. */
  private void addOuterProducts(int rows, float alpha, float beta, FloatPointer target) {
    blas.sgemm(
        Op.AS_IS, Op.TRANSPOSED, in, out, rows, alpha, inputs, in, products, out, beta, target, in);
  }

  Network.Layer snapshot() {
    float[] w = new float[in * out];
    weight.get(w);
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) (scale * w[i]);
    }
    return new Network.Layer(
        name, Matrix.of(out, in, w), bias.snapshot(), norm == null ? null : norm.snapshot());
  }

  private static void addRow(float[] a, int rows, float[] row) {
    for (int i = 0; i < rows; i++) {
      int from = i * row.length;
      for (int j = 0; j < row.length; j++) {
        a[from + j] += row[j];
      }
    }
  }

  private static void relu(float[] a, int count) {
    for (int i = 0; i < count; i++) {
      a[i] = Math.max(a[i], 0f);
    }
  }

  private static void maskWhereZero(float[] delta, float[] outputs, int count) {
    for (int i = 0; i < count; i++) {
      delta[i] = outputs[i] > 0 ? delta[i] : 0f;
    }
  }

  @Override
  public void close() {
    weight.close();
    inputs.close();
    products.close();
    if (velocity != null) {
      velocity.close();
    }
  }
}
