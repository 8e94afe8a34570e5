package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The update of {@link Optimizer} for parameters of PyTorch's, in one pass over them and in their
 * own memory.
 *
 * <p>PyTorch adds to the gradients it finds. So the momentum's velocities are kept where it looks
 * for gradients, times the momentum they will have in the next step: its backward pass leaves
 * momentum·v + G there. As in PyTorch, a parameter that no backward pass has reached stays as it
 * is.
 */
final class OptimizerUpdate {
  /** Few enough to stay in the first-level cache between being read and being written. */
  private static final int CHUNK = 2048;

  private final PyTorch pytorch;
  private final Optimizer optimizer;
  private final List<Trained> parameters;
  private final float[] w = new float[CHUNK];
  private final float[] v = new float[CHUNK];

  private static final class Trained {
    final NDArray parameter;
    @Nullable FloatBuffer velocities;

    /** What an earlier learner had where PyTorch looks for gradients, until there is memory. */
    float @Nullable [] restored;

    Trained(NDArray parameter) {
      this.parameter = parameter;
    }
  }

  /** The arrays stay the caller's and must outlive this. */
  OptimizerUpdate(PyTorch pytorch, List<NDArray> parameters, Optimizer optimizer) {
    this.pytorch = pytorch;
    this.optimizer = optimizer;
    this.parameters = parameters.stream().map(Trained::new).toList();
  }

  /** To be called once after each backward pass. */
  void apply(double learningRate) {
    for (Trained trained : parameters) {
      if (trained.velocities == null) {
        trained.velocities = pytorch.gradientMemory(trained.parameter);
        addRestored(trained);
      }
      if (trained.velocities != null) {
        // Asked for each time: DJL's NDArray.set gives an array other memory.
        FloatBuffer weights = pytorch.memory(trained.parameter);
        apply(weights, trained.velocities, learningRate);
      }
    }
  }

  /** G, which the first backward pass has left, becomes momentum·v + G as in all later ones. */
  private static void addRestored(Trained trained) {
    float[] restored = trained.restored;
    FloatBuffer velocities = trained.velocities;
    if (restored != null && velocities != null) {
      for (int i = 0; i < restored.length; i++) {
        velocities.put(i, restored[i] + velocities.get(i));
      }
      trained.restored = null;
    }
  }

  /** The velocities times the momentum, of those parameters that a backward pass has reached. */
  void save(LearnerState.Writer to) {
    for (int p = 0; p < parameters.size(); p++) {
      Trained trained = parameters.get(p);
      if (trained.velocities != null) {
        float[] values = new float[trained.velocities.capacity()];
        trained.velocities.get(0, values);
        to.row("velocity." + p, values);
      } else if (trained.restored != null) {
        to.row("velocity." + p, trained.restored);
      }
    }
  }

  /** To be called before the first {@link #apply(double)}. */
  void restore(LearnerState from) {
    for (int p = 0; p < parameters.size(); p++) {
      Trained trained = parameters.get(p);
      String name = "velocity." + p;
      trained.restored =
          from.tensors().containsKey(name)
              ? from.tensor(name, 1, Math.toIntExact(trained.parameter.size()))
              : null;
    }
  }

  private void apply(FloatBuffer weights, FloatBuffer velocities, double learningRate) {
    for (int from = 0; from < weights.capacity(); from += CHUNK) {
      int count = Math.min(CHUNK, weights.capacity() - from);
      weights.get(from, w, 0, count);
      velocities.get(from, v, 0, count);
      apply(
          count,
          (float) learningRate,
          (float) optimizer.weightDecay(),
          (float) optimizer.momentum());
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
