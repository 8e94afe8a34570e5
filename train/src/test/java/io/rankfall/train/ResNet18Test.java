package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.Parameter;
import io.rankfall.train.graph.Parameter.Role;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Held against PyTorch by {@code resnet18.txt}, which {@code resnet18.py} beside it writes. */
final class ResNet18Test {
  private static final Architecture RESNET18 =
      Architecture.named("resnet18", new InputShape(3, 32, 32), 10);

  /** Single against double precision after two steps, relative to the norm of what is compared. */
  private static final double TOLERANCE = 2e-4;

  private static final int BATCH = 4;

  private static Tensor drawn(int stream, Parameter parameter) {
    int size = (int) parameter.size();
    return Tensor.of(
        parameter.shape(),
        parameter.shape().size() == 1
            ? Golden.drawn(stream, size, 0.5, parameter.role() == Role.ONES ? 1 : 0)
            : Golden.drawn(stream, size, Math.sqrt(6.0 / parameter.cols()), 0));
  }

  private static List<String> names(boolean trained) {
    return RESNET18.graph().parameters().stream()
        .filter(named -> named.parameter().trained() == trained)
        .map(LayerGraph.Named::name)
        .toList();
  }

  private static Batch batch() {
    byte[] labels = new byte[BATCH];
    for (int i = 0; i < BATCH; i++) {
      labels[i] = (byte) (i * 3 % 10);
    }
    return Batch.range(
        Examples.of(3072, 10, Golden.drawn(0, BATCH * 3072L, 4, 0), labels), 0, BATCH);
  }

  private static List<double[]> golden(String name) throws IOException {
    return Golden.lines("resnet18.txt", name);
  }

  @Test
  void twoStepsAreThoseOfPytorch() throws IOException {
    Map<String, Tensor> tensors =
        new HashMap<>(RESNET18.initialize(Initialization.HE, 1).tensors());
    int stream = 0;
    for (LayerGraph.Named named : RESNET18.graph().parameters()) {
      if (named.parameter().trained()) {
        tensors.put(named.name(), drawn(++stream, named.parameter()));
      }
    }
    Network before = new Network(RESNET18, tensors);
    try (Learner learner = LearnerKind.DJL.start(before, Cases.optimizer(0.05, 0.01, 0.9), BATCH)) {
      for (double[] loss : golden("loss")) {
        assertThat(learner.step(batch(), 0.05).loss()).isCloseTo(loss[0], within(TOLERANCE));
      }

      Network after = learner.network();
      List<double[]> moved = golden("moved");
      List<String> trained = names(true);
      assertThat(trained).hasSameSizeAs(moved);
      for (int p = 0; p < moved.size(); p++) {
        String name = trained.get(p);
        assertNormAndFirst(
            name,
            difference(after.tensor(name).toArray(), before.tensor(name).toArray()),
            moved.get(p));
      }
      List<String> running = names(false);
      List<double[]> statistics = golden("running");
      assertThat(running).hasSameSizeAs(statistics);
      for (int p = 0; p < statistics.size(); p++) {
        assertNormAndFirst(
            running.get(p), after.tensor(running.get(p)).toArray(), statistics.get(p));
      }
      double[] logits = golden("logits").stream().flatMapToDouble(Arrays::stream).toArray();
      Cases.assertClose(learner.logits(batch()), floats(logits), TOLERANCE);
    }
  }

  private static void assertNormAndFirst(String what, float[] found, double[] golden) {
    double norm = golden[0];
    double sum = 0;
    for (float value : found) {
      sum += (double) value * value;
    }
    assertThat(Math.sqrt(sum)).as("norm of %s", what).isCloseTo(norm, within(TOLERANCE * norm));
    for (int i = 0; i < 3; i++) {
      assertThat((double) found[i])
          .as("%s[%d]", what, i)
          .isCloseTo(golden[i + 1], within(TOLERANCE * norm));
    }
  }

  private static float[] difference(float[] a, float[] b) {
    float[] difference = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i];
    }
    return difference;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @Test
  void aRerunGivesTheSameBits() {
    assertThat(twoSteps()).isEqualTo(twoSteps());
  }

  private static Network twoSteps() {
    try (Learner learner =
        LearnerKind.DJL.start(
            RESNET18.initialize(Initialization.HE, 3), Cases.optimizer(0.05, 5e-4, 0.9), BATCH)) {
      learner.step(batch(), 0.05);
      learner.step(batch(), 0.05);
      return learner.network();
    }
  }
}
