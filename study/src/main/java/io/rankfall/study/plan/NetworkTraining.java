package io.rankfall.study.plan;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.rankfall.train.Architecture;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.graph.Watched;
import io.rankfall.train.plan.Memory;

/**
 * What a plan has to know of a network's runs besides B, μ and wd.
 *
 * @param fullRank the largest mean rank that the counted layers can have
 * @param examples N that an epoch trains on
 * @param momentum m, of SGD and Nesterov's method
 */
public record NetworkTraining(
    double fullRank, int examples, Optimizer.Method method, double momentum) {
  public NetworkTraining {
    requireNonNull(method, "method");
    if (examples < 1) {
      throw new IllegalArgumentException("training examples: expected >= 1, found " + examples);
    }
  }

  /**
   * That of a run.
   *
   * @param examples of its data set to train on
   */
  public static NetworkTraining of(RunSpec spec, int examples) {
    return new NetworkTraining(
        fullRank(spec.architecture()),
        examples,
        spec.optimizer().method(),
        spec.optimizer().momentum());
  }

  private static double fullRank(Architecture architecture) {
    return Watched.counted(architecture.graph().watched(), Watched::name).stream()
        .mapToInt(Watched::fullRank)
        .average()
        .orElse(0);
  }

  /**
   * How long what is added stays in the weights. AdamW's and Muon's decay is decoupled: a step
   * keeps 1 − μ·wd of the weights and adds an update, which stays as a gradient of plain SGD does.
   */
  Memory memory(int batchSize, double learningRate, double weightDecay) {
    Memory plain = Memory.of(batchSize, learningRate * weightDecay, examples);
    return switch (method) {
      case SGD, NESTEROV -> plain.withMomentum(momentum);
      case ADAMW, MUON -> plain;
    };
  }

  /** Whether it is that of the trainings that {@link Memory.Outlook} was measured with. */
  @JsonIgnore
  public boolean isPlain() {
    return method == Optimizer.Method.SGD && momentum == 0;
  }
}
