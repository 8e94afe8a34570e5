package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The update of {@link Optimizer} for parameters of PyTorch's, in their own memory. As in PyTorch,
 * a parameter that no backward pass has reached stays as it is.
 */
final class OptimizerUpdate {
  /** As in PyTorch's clip_grad_norm_. */
  private static final double CLIP_EPSILON = 1e-6;

  private final PyTorch pytorch;
  private final Optimizer optimizer;
  private final List<Trained> parameters = new ArrayList<>();
  private final float[] w = new float[ParameterUpdate.CHUNK];
  private final float[] g = new float[ParameterUpdate.CHUNK];

  private static final class Trained {
    final NDArray parameter;
    final ParameterUpdate update;

    /** Where PyTorch adds gradients up. */
    @Nullable HostFloats gradients;

    Trained(NDArray parameter, ParameterUpdate update) {
      this.parameter = parameter;
      this.update = update;
    }
  }

  /** The arrays stay the caller's and must outlive this. */
  OptimizerUpdate(PyTorch pytorch, List<NDArray> parameters, Optimizer optimizer) {
    this.pytorch = pytorch;
    this.optimizer = optimizer;
    NDArray lastMatrix = null;
    for (NDArray parameter : parameters) {
      lastMatrix = isMatrix(parameter) ? parameter : lastMatrix;
    }
    for (NDArray parameter : parameters) {
      this.parameters.add(new Trained(parameter, update(parameter, parameter == lastMatrix)));
    }
  }

  private static boolean isMatrix(NDArray parameter) {
    return parameter.getShape().dimension() > 1;
  }

  private ParameterUpdate update(NDArray parameter, boolean lastMatrix) {
    double weightDecay =
        isMatrix(parameter) ? optimizer.weightDecay() : optimizer.weightDecayOfVectors();
    return switch (optimizer.method()) {
      case SGD ->
          optimizer.clipNorm() == 0
              ? new VelocityInGradient(weightDecay, optimizer.momentum(), w, g)
              : new MomentumUpdate(optimizer, weightDecay, w, g);
      case NESTEROV -> new MomentumUpdate(optimizer, weightDecay, w, g);
      case ADAMW -> new AdamWUpdate(AdamWUpdate.Constants.PYTORCH, weightDecay, 1, w, g);
      case MUON ->
          isMatrix(parameter) && !lastMatrix
              ? new MuonUpdate(pytorch, parameter, weightDecay)
              : new AdamWUpdate(
                  MuonUpdate.OF_THE_REST, weightDecay, MuonUpdate.RATE_OF_THE_REST, w, g);
    };
  }

  /** To be called once after each backward pass. */
  void apply(double learningRate) {
    for (Trained trained : parameters) {
      if (trained.gradients == null || trained.gradients.isCopy()) {
        trained.gradients = pytorch.gradients(trained.parameter);
      }
    }
    float share = optimizer.clipNorm() == 0 ? 1 : (float) clippedShare();
    for (Trained trained : parameters) {
      HostFloats gradients = trained.gradients;
      if (gradients != null) {
        // Asked for each time: DJL's NDArray.set gives an array other memory.
        HostFloats weights = pytorch.floats(trained.parameter);
        trained.update.apply(weights.buffer(), gradients.buffer(), learningRate, share);
        weights.flush();
        gradients.flush();
      }
    }
  }

  /** min(1, clipNorm/(‖G‖ + 1e-6)) with the norm of all gradients together. */
  private double clippedShare() {
    double squares = 0;
    for (Trained trained : parameters) {
      if (trained.gradients == null) {
        continue;
      }
      FloatBuffer gradients = trained.gradients.buffer();
      for (int from = 0; from < gradients.capacity(); from += g.length) {
        int count = Math.min(g.length, gradients.capacity() - from);
        gradients.get(from, g, 0, count);
        squares += Vectors.sumOfSquares(count, g);
      }
    }
    return Math.min(1, optimizer.clipNorm() / (Math.sqrt(squares) + CLIP_EPSILON));
  }

  /** What is remembered of earlier steps, of those parameters that a backward pass has reached. */
  void save(LearnerState.Writer to) {
    for (int p = 0; p < parameters.size(); p++) {
      parameters.get(p).update.save(Integer.toString(p), to);
    }
  }

  /** To be called before the first {@link #apply(double)}. */
  void restore(LearnerState from) {
    for (int p = 0; p < parameters.size(); p++) {
      Trained trained = parameters.get(p);
      int size = Math.toIntExact(trained.parameter.size());
      trained.update.restore(Integer.toString(p), size, from);
    }
  }
}
