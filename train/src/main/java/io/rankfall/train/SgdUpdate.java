package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The update of {@link Sgd} for parameters of PyTorch's, in one pass over them and in their own
 * memory.
 *
 * <p>PyTorch adds to the gradients it finds. So the momentum's velocities are kept where it looks
 * for gradients, times the momentum they will have in the next step: its backward pass leaves
 * momentum·v + G there. As in PyTorch, a parameter that no backward pass has reached stays as it
 * is.
 */
final class SgdUpdate {
  /** Few enough to stay in the first-level cache between being read and being written. */
  private static final int CHUNK = 2048;

  private final PyTorch pytorch;
  private final Sgd sgd;
  private final List<Trained> parameters;
  private final float[] w = new float[CHUNK];
  private final float[] v = new float[CHUNK];

  private static final class Trained {
    final NDArray parameter;
    @Nullable FloatBuffer velocities;

    Trained(NDArray parameter) {
      this.parameter = parameter;
    }
  }

  /** The arrays stay the caller's and must outlive this. */
  SgdUpdate(PyTorch pytorch, List<NDArray> parameters, Sgd sgd) {
    this.pytorch = pytorch;
    this.sgd = sgd;
    this.parameters = parameters.stream().map(Trained::new).toList();
  }

  /** To be called once after each backward pass. */
  void apply(double learningRate) {
    for (Trained trained : parameters) {
      if (trained.velocities == null) {
        trained.velocities = pytorch.gradientMemory(trained.parameter);
      }
      if (trained.velocities != null) {
        // Asked for each time: DJL's NDArray.set gives an array other memory.
        FloatBuffer weights = pytorch.memory(trained.parameter);
        apply(weights, trained.velocities, learningRate);
      }
    }
  }

  private void apply(FloatBuffer weights, FloatBuffer velocities, double learningRate) {
    for (int from = 0; from < weights.capacity(); from += CHUNK) {
      int count = Math.min(CHUNK, weights.capacity() - from);
      weights.get(from, w, 0, count);
      velocities.get(from, v, 0, count);
      apply(count, (float) learningRate, (float) sgd.weightDecay(), (float) sgd.momentum());
      weights.put(from, w, 0, count);
      velocities.put(from, v, 0, count);
    }
  }

  /** v ← v + wd·w, w ← w − μ·v, v ← momentum·v. */
  private void apply(int count, float learningRate, float weightDecay, float momentum) {
    for (int i = 0; i < count; i++) {
      float velocity = v[i] + weightDecay * w[i];
      w[i] -= learningRate * velocity;
      v[i] = momentum * velocity;
    }
  }
}
