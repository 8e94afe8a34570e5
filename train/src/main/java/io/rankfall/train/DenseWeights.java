package io.rankfall.train;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Blas.Op;
import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.FloatPointer;
import org.jspecify.annotations.Nullable;

/**
 * The weight matrix W (out × in) of a {@link DenseLayer}: its products and its SGD steps.
 *
 * <p>Matrices are row by row here and column by column for {@link Blas}: it is asked for the
 * transpose of every product.
 *
 * <p>Kept as the transpose of Ŵ with W = s·Ŵ for a scalar s, so that decay is one multiplication, s
 * ← (1 − μ·wd)·s, and the update adds to Ŵ without another pass over it. s is multiplied into Ŵ
 * before it becomes small. The state, U of {@link HeavyBall} or the velocity, is kept likewise.
 *
 * <p>Going backward, a block of the weights gives the gradient of its inputs and is updated at
 * once, while it lies in the cache.
 */
final class DenseWeights implements AutoCloseable {
  /** 512 KiB: half of what a core's second-level cache holds. */
  private static final int NUMBERS_PER_BLOCK = 1 << 17;

  private static final double SMALLEST_SCALE = 0.5;
  private static final double SMALLEST_STATE_SCALE = 1e-6;

  private final Blas blas;
  private final Optimizer optimizer;
  private final int in;
  private final int out;
  private final NativeMatrix inputs;
  private final NativeMatrix products;
  private final @Nullable NativeMatrix inputGradients;
  private final NativeMatrix weights;
  private double scale = 1;

  /** U of {@link HeavyBall}, with Nesterov's momentum v, without momentum null. */
  private final @Nullable NativeMatrix state;

  private double stateScale = 1;
  private HeavyBall heavyBall = new HeavyBall(0, 1, 0);
  private double heavyBallRate;
  private final List<Block> blocks = new ArrayList<>();

  /** Neighbouring inputs with their weights. */
  private record Block(
      int inputs,
      FloatPointer x,
      @Nullable FloatPointer xGradient,
      FloatPointer weights,
      @Nullable FloatPointer state) {}

  /**
   * @param inputs rows × in, which the caller fills before {@link #forward}
   * @param products rows × out: W·x going forward, then the loss's gradient by it
   * @param inputGradients rows × in, to be filled going backward; null if nobody asks
   */
  DenseWeights(
      Blas blas,
      Matrix initial,
      Optimizer optimizer,
      NativeMatrix inputs,
      NativeMatrix products,
      @Nullable NativeMatrix inputGradients) {
    this.blas = blas;
    this.optimizer = optimizer;
    this.in = initial.cols();
    this.out = initial.rows();
    this.inputs = inputs;
    this.products = products;
    this.inputGradients = inputGradients;
    this.weights = new NativeMatrix(in, out);
    this.state = optimizer.momentum() == 0 ? null : new NativeMatrix(in, out);
    weights.overwrite(initial.transposed().toArray());
    int most = Math.max(1, NUMBERS_PER_BLOCK / weights.stride());
    for (int from = 0; from < in; from += most) {
      blocks.add(block(from, Math.min(most, in - from)));
    }
  }

  private Block block(int from, int count) {
    return new Block(
        count,
        inputs.column(from),
        inputGradients == null ? null : inputGradients.column(from),
        weights.row(from),
        state == null ? null : state.row(from));
  }

  /** products ← inputs·Wᵀ for the first {@code rows} rows. */
  void forward(int rows) {
    blas.sgemm(
        Op.AS_IS,
        Op.AS_IS,
        out,
        rows,
        in,
        (float) scale,
        weights.row(0),
        weights.stride(),
        inputs.row(0),
        inputs.stride(),
        0,
        products.row(0),
        products.stride());
  }

  /** inputGradients ← products·W, then one step against the gradient productsᵀ·inputs. */
  void backward(int rows, double learningRate) {
    if (state == null) {
      descend(rows, learningRate);
    } else if (optimizer.method() == Optimizer.Method.NESTEROV) {
      descendWithNesterov(state, rows, learningRate);
    } else {
      descendWithMomentum(state, rows, learningRate);
    }
    if (scale < SMALLEST_SCALE) {
      blas.sscal(weights.count(), (float) scale, weights.row(0));
      scale = 1;
    }
  }

  private void descend(int rows, double learningRate) {
    double decayed = scale * (1 - learningRate * optimizer.weightDecay());
    for (Block block : blocks) {
      propagate(block, rows);
      addOuterProducts(block, rows, -learningRate / decayed, block.weights);
    }
    scale = decayed;
  }

  private void descendWithMomentum(NativeMatrix state, int rows, double learningRate) {
    prepare(state, learningRate);
    double kept = stateScale * heavyBall.q() * optimizer.momentum();
    for (Block block : blocks) {
      propagate(block, rows);
      FloatPointer u = Objects.requireNonNull(block.state);
      addOuterProducts(block, rows, heavyBall.q() / kept, u);
      int count = block.inputs * weights.stride();
      if (heavyBall.mix() != 0) {
        blas.saxpy(count, (float) (heavyBall.mix() * scale / kept), block.weights, u);
      }
      blas.saxpy(count, (float) (-learningRate * kept / scale), u, block.weights);
    }
    scale /= heavyBall.q();
    keepState(state, kept);
  }

  /**
   * v ← m·v + (G + wd·W), W ← W − μ·(G + wd·W + m·v) with the state v, written so that G is added
   * once:
   *
   * <pre>
   *   W ← W + μ·m·v
   *   v ← m·(1 − μ·wd)·v + wd·W + G
   *   W ← W − μ·(1 + m)·v
   * </pre>
   */
  private void descendWithNesterov(NativeMatrix state, int rows, double learningRate) {
    double momentum = optimizer.momentum();
    double decay = optimizer.weightDecay();
    double kept = stateScale * momentum * (1 - learningRate * decay);
    for (Block block : blocks) {
      propagate(block, rows);
      FloatPointer v = Objects.requireNonNull(block.state);
      int count = block.inputs * weights.stride();
      blas.saxpy(count, (float) (learningRate * momentum * stateScale / scale), v, block.weights);
      addOuterProducts(block, rows, 1 / kept, v);
      if (decay != 0) {
        blas.saxpy(count, (float) (decay * scale / kept), block.weights, v);
      }
      blas.saxpy(count, (float) (-learningRate * (1 + momentum) * kept / scale), v, block.weights);
    }
    keepState(state, kept);
  }

  private void keepState(NativeMatrix state, double factor) {
    stateScale = factor;
    if (stateScale < SMALLEST_STATE_SCALE) {
      blas.sscal(state.count(), (float) stateScale, state.row(0));
      stateScale = 1;
    }
  }

  /** U = v − κ·W with the κ of this learning rate. */
  private void prepare(NativeMatrix state, double learningRate) {
    if (learningRate != heavyBallRate) {
      HeavyBall next = HeavyBall.of(learningRate, optimizer.weightDecay(), optimizer.momentum());
      double change = (heavyBall.kappa() - next.kappa()) * scale / stateScale;
      blas.saxpy(weights.count(), (float) change, weights.row(0), state.row(0));
      heavyBall = next;
      heavyBallRate = learningRate;
    }
  }

  private void propagate(Block block, int rows) {
    if (inputGradients != null && block.xGradient != null) {
      blas.sgemm(
          Op.TRANSPOSED,
          Op.AS_IS,
          block.inputs,
          rows,
          out,
          (float) scale,
          block.weights,
          weights.stride(),
          products.row(0),
          products.stride(),
          0,
          block.xGradient,
          inputGradients.stride());
    }
  }

  /** target (the block's inputs × out) ← target + factor·inputsᵀ·products. */
  private void addOuterProducts(Block block, int rows, double factor, FloatPointer target) {
    blas.sgemm(
        Op.AS_IS,
        Op.TRANSPOSED,
        out,
        block.inputs,
        rows,
        (float) factor,
        products.row(0),
        products.stride(),
        block.x,
        inputs.stride(),
        1,
        target,
        weights.stride());
  }

  /** A copy of W. */
  Matrix snapshot() {
    return Matrix.filled(
            in,
            out,
            transposed -> {
              for (int k = 0; k < in; k++) {
                weights.get(k, transposed, k * out);
              }
              for (int i = 0; i < transposed.length; i++) {
                transposed[i] = (float) (scale * transposed[i]);
              }
            })
        .transposed();
  }

  /** ‖W‖_F. */
  double norm() {
    float[] row = new float[out];
    double sum = 0;
    for (int k = 0; k < in; k++) {
      weights.get(k, row);
      sum += Vectors.sumOfSquares(row);
    }
    return scale * Math.sqrt(sum);
  }

  /** Ŵᵀ, U and the scalars that belong to them, as they are. */
  void save(String layer, LearnerState.Writer to) {
    to.tensor(layer + ".weight", weights.copy());
    to.scalar(layer + ".weight.scale", scale);
    if (state != null) {
      to.tensor(layer + ".momentum", state.copy());
      to.scalar(layer + ".momentum.scale", stateScale);
      to.scalar(layer + ".momentum.rate", heavyBallRate);
    }
  }

  void restore(String layer, LearnerState from) {
    weights.overwrite(from.tensor(layer + ".weight", in, out));
    scale = from.scalar(layer + ".weight.scale");
    if (state != null) {
      state.overwrite(from.tensor(layer + ".momentum", in, out));
      stateScale = from.scalar(layer + ".momentum.scale");
      heavyBallRate = from.scalar(layer + ".momentum.rate");
      // Before the first step there is no rate yet.
      heavyBall =
          heavyBallRate == 0
              ? new HeavyBall(0, 1, 0)
              : HeavyBall.of(heavyBallRate, optimizer.weightDecay(), optimizer.momentum());
    }
  }

  @Override
  public void close() {
    weights.close();
    if (state != null) {
      state.close();
    }
  }
}
