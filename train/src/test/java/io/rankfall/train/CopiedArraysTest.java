package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.Optimizer.DecayOn;
import io.rankfall.train.Optimizer.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Arrays that Java cannot reach are copied to be updated, as on a GPU: the same numbers come out
 * where both ways can be gone.
 */
final class CopiedArraysTest {
  private static final Architecture NETWORK =
      Architecture.named("convnet:depth=2,width=6", new InputShape(2, 8, 8), 5);
  private static final int BATCH = 6;

  private final PyTorch pytorch = PyTorch.load();
  private final Examples examples = Cases.noise(NETWORK, 4 * BATCH, 1);

  @AfterEach
  void inPlaceAgain() {
    pytorch.copy(false);
  }

  /** A few steps, half of them heard, with the state in between restored in another learner. */
  private List<Object> found(Optimizer optimizer, boolean copies) {
    pytorch.copy(copies);
    List<Object> found = new ArrayList<>();
    Network initial = NETWORK.initialize(Initialization.HE, 3);
    LearnerState state;
    try (Learner learner = LearnerKind.DJL.start(initial, optimizer, BATCH)) {
      found.add(learner.step(Batch.range(examples, 0, BATCH), 0.05));
      found.add(learner.step(Batch.range(examples, BATCH, BATCH), 0.05));
      state = learner.state();
    }
    try (Learner learner = LearnerKind.DJL.start(initial, optimizer, BATCH)) {
      learner.restore(state);
      learner.listen(
          new GradientListener() {
            @Override
            public void onFactors(int layer, GradientFactors factors) {}

            @Override
            public void onGradient(int layer, Supplier<Matrix> gradient) {
              found.add(gradient.get());
            }
          });
      found.add(learner.step(Batch.range(examples, 2 * BATCH, BATCH), 0.02));
      found.add(learner.step(Batch.range(examples, 3 * BATCH, BATCH), 0.02));
      found.add(learner.network());
    }
    return found;
  }

  @ParameterizedTest
  @CsvSource({
    "SGD, 0, 0",
    "SGD, 0.9, 0",
    "SGD, 0.9, 0.5",
    "NESTEROV, 0.9, 0",
    "ADAMW, 0, 0",
    "MUON, 0, 0.5"
  })
  void updatesOfCopiesAreThoseInPlace(Method method, double momentum, double clipNorm) {
    Optimizer optimizer =
        new Optimizer(0.05, 0.1, momentum, StepSchedule.CONSTANT, method, DecayOn.ALL, clipNorm);

    List<Object> copied = found(optimizer, true);

    // Two losses, two more, two gradients of each of three layers, the network.
    assertThat(copied).hasSize(11).isEqualTo(found(optimizer, false));
  }

  @Test
  void copiesLeaveNothingBehind() {
    int before = arrays();
    found(Cases.optimizer(0.05, 0.1, 0.9), true);
    assertThat(arrays()).isEqualTo(before);
  }

  private int arrays() {
    try (NDManager manager = pytorch.newManager()) {
      return manager.getParentManager().getManagedArrays().size();
    }
  }
}
