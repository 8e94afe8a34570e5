package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

final class DjlLearnerTest extends LearnerContract {
  @Override
  LearnerKind kind() {
    return LearnerKind.DJL;
  }

  private static Network network(int inputs) {
    return Cases.network(new Mlp(inputs, List.of(32), 10, Mlp.Normalization.BATCH), 1);
  }

  @Test
  void nothingIsLeftBehindByStepsAndClosedLearners() {
    PyTorch pytorch = PyTorch.load();
    int before = arrays(pytorch);
    Examples examples = Cases.noise(64, 20, 10, 1);
    try (Learner learner = LearnerKind.DJL.start(network(20), Cases.optimizer(0.1, 0.1, 0.9), 16)) {
      learner.step(Batch.range(examples, 0, 16), 0.1);
      int open = arrays(pytorch);
      for (int s = 0; s < 30; s++) {
        learner.step(Batch.range(examples, s, s % 16 + 1), 0.1);
        learner.evaluate(examples);
        learner.network();
      }
      assertThat(open).isGreaterThan(before);
      assertThat(arrays(pytorch)).isEqualTo(open);
    }
    assertThat(arrays(pytorch)).isEqualTo(before);
  }

  private static int arrays(PyTorch pytorch) {
    try (NDManager manager = pytorch.newManager()) {
      return manager.getParentManager().getManagedArrays().size();
    }
  }

  /** 3,000 steps that each lost a single batch of inputs would grow the process by 600 MB. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void thousandsOfStepsDoNotGrowTheProcess() throws IOException {
    Examples examples = Cases.noise(64, 784, 10, 1);
    try (Learner learner = LearnerKind.DJL.start(network(784), Cases.optimizer(0.01, 0, 0.9), 64)) {
      Batch batch = Batch.range(examples, 0, 64);
      for (int s = 0; s < 500; s++) {
        learner.step(batch, 0.01);
      }
      long before = residentMegabytes();
      for (int s = 0; s < 3000; s++) {
        learner.step(batch, 0.01);
      }
      assertThat(residentMegabytes() - before).isLessThan(150);
    }
  }

  private static long residentMegabytes() throws IOException {
    String pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1];
    return Long.parseLong(pages) * 4096 / 1_000_000;
  }

  @Test
  void aGradientCollectorOfOtherCodeIsNamedAndSurvives() {
    Examples examples = Cases.noise(4, 20, 10, 1);
    Batch batch = Batch.range(examples, 0, 4);
    Engine engine = Engine.getEngine("PyTorch");
    try (Learner learner = LearnerKind.DJL.start(network(20), Cases.optimizer(0.1, 0, 0), 4)) {
      Network untouched = learner.network();
      try (NDManager manager = NDManager.newBaseManager();
          GradientCollector other = engine.newGradientCollector()) {
        assertThatThrownBy(() -> learner.step(batch, 0.1))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(
                "PyTorch step: expected no other DJL training in this process, found one; "
                    + "train in a process of its own");
        NDArray x = manager.create(3f);
        x.setRequiresGradient(true);
        other.backward(x.mul(x));
        assertThat(x.getGradient().getFloat()).isEqualTo(6f);
      }
      assertThat(learner.network()).isEqualTo(untouched);
      assertThat(learner.step(batch, 0.1).loss()).isPositive();
    }
  }

  @Test
  void aClosedLearnerSaysSoInOneLine() {
    Learner learner = LearnerKind.DJL.start(network(20), Cases.optimizer(0.1, 0, 0), 4);
    learner.close();

    assertThatThrownBy(learner::network)
        .isInstanceOf(IllegalStateException.class)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void errorsInsidePytorchBecomeOneLine() {
    PyTorch pytorch = PyTorch.load();
    try (NDManager manager = pytorch.newManager()) {
      NDArray two = manager.create(new float[2]);
      NDArray three = manager.create(new float[3]);

      assertThatThrownBy(() -> pytorch.run("test", () -> two.add(three)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("PyTorch test: The size of tensor a (2)")
          .message()
          .doesNotContain("\n");
    }
  }
}
