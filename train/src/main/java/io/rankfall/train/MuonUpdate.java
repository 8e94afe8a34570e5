package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Muon (Jordan et al., 2024, kellerjordan.github.io/posts/muon) of a matrix W, d_out × d_in:
 *
 * <pre>
 *   M ← β·M + (1 − β)·G                     β = 0.95
 *   X ← U/(‖U‖ + 1e-7)                      U = (1 − β)·G + β·M
 *   X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X          five times: a, b, c = 3.4445, −4.7750, 2.0315
 *   W ← (1 − μ·wd)·W − μ·√max(1, d_out/d_in)·X
 * </pre>
 *
 * which makes all singular values of the update about 1. The products are in single precision,
 * where the published code takes bfloat16. A kernel (C_out, C_in, k, k) is the matrix C_out ×
 * (C_in·k·k), in the last factor too, where the published code has k/k = 1.
 */
final class MuonUpdate implements ParameterUpdate {
  static final double BETA = 0.95;

  /** Of what is no hidden matrix, as the published code has it. */
  static final AdamWUpdate.Constants OF_THE_REST = new AdamWUpdate.Constants(0.9, 0.95, 1e-10);

  /** The published learning rates of the rest and of the matrices. */
  static final double RATE_OF_THE_REST = 3e-4 / 0.02;

  private static final int ITERATIONS = 5;
  private static final float A = 3.4445f;
  private static final float B = -4.7750f;
  private static final float C = 2.0315f;
  private static final double SMALLEST_NORM = 1e-7;

  private final PyTorch pytorch;
  private final Shape shape;
  private final double weightDecay;
  private float @Nullable [] momentum;

  /**
   * @param array of at least two dimensions, the first of which is d_out
   */
  MuonUpdate(PyTorch pytorch, NDArray array, double weightDecay) {
    long rows = array.getShape().get(0);
    this.pytorch = pytorch;
    this.shape = new Shape(rows, array.size() / rows);
    this.weightDecay = weightDecay;
  }

  @Override
  public void apply(FloatBuffer weights, FloatBuffer gradients, double learningRate, float share) {
    float[] m = momentum;
    if (m == null) {
      m = new float[weights.capacity()];
      momentum = m;
    }
    float[] update = new float[m.length];
    gradients.get(0, update);
    gradients.put(0, new float[m.length]);
    float kept = (float) BETA;
    float taken = (float) (1 - BETA);
    for (int i = 0; i < m.length; i++) {
      float gradient = share * update[i];
      m[i] = kept * m[i] + taken * gradient;
      update[i] = taken * gradient + kept * m[i];
    }
    float[] direction = orthogonalized(update);
    double tall = Math.sqrt(Math.max(1, (double) shape.get(0) / shape.get(1)));
    float step = (float) (learningRate * tall);
    float left = (float) (1 - learningRate * weightDecay);
    float[] w = new float[m.length];
    weights.get(0, w);
    for (int i = 0; i < w.length; i++) {
      w[i] = left * w[i] - step * direction[i];
    }
    weights.put(0, w);
  }

  private float[] orthogonalized(float[] update) {
    float scale = (float) (1 / (Math.sqrt(Vectors.sumOfSquares(update)) + SMALLEST_NORM));
    for (int i = 0; i < update.length; i++) {
      update[i] *= scale;
    }
    boolean wide = shape.get(0) <= shape.get(1);
    try (NDManager scope = pytorch.newManager()) {
      NDArray x = PyTorch.copy(update, shape, scope);
      for (int i = 0; i < ITERATIONS; i++) {
        // Of the smaller side: XᵀX where X is tall.
        NDArray gram = wide ? x.matMul(x.transpose()) : x.transpose().matMul(x);
        NDArray polynomial = gram.mul(B).addi(gram.matMul(gram).muli(C));
        NDArray product = wide ? polynomial.matMul(x) : x.matMul(polynomial);
        x = x.mul(A).addi(product);
      }
      return x.toFloatArray();
    }
  }

  @Override
  public void save(String parameter, LearnerState.Writer to) {
    if (momentum != null) {
      to.row("momentum." + parameter, momentum);
    }
  }

  @Override
  public void restore(String parameter, int size, LearnerState from) {
    momentum = from.rowIfPresent("momentum." + parameter, size);
  }
}
