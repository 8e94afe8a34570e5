package io.rankfall.spark;

import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Demand;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.study.sweep.Worker;
import io.rankfall.study.sweep.WorkerJvm;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Small trainings on made-up data, and the main class of the workers that do them. */
final class Clouds {
  static final String SWEEP = "clouds";
  static final int RUNS = 5;
  static final int TEST_EXAMPLES = 500;
  private static final int FEATURES = 40;

  private Clouds() {}

  public static void main(String[] args) {
    Dataset dataset =
        new Dataset("clouds", examples(4000, 1), examples(TEST_EXAMPLES, 2), "c".repeat(64));
    Worker.work(dataset, System.in, new PrintWriter(System.out, true, StandardCharsets.UTF_8));
  }

  private static Examples examples(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[size * FEATURES];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) random.nextInt(4);
      for (int j = 0; j < FEATURES; j++) {
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + (j % 4 == labels[i] ? 0.4 : 0));
      }
    }
    return Examples.of(FEATURES, 4, inputs, labels);
  }

  private static RunSpec spec(int batchSize, double learningRate, double momentum) {
    return new RunSpec(
        "clouds",
        new Mlp(FEATURES, List.of(48, 32), 4, Mlp.Normalization.NONE),
        Initialization.HE,
        batchSize,
        new Optimizer(
            learningRate,
            learningRate > 1 ? 0 : 1e-3,
            momentum,
            new StepSchedule(List.of(3, 6), 0.3)),
        10,
        1,
        LearnerKind.FUSED);
  }

  /** Runs of a second or two, the last of which diverges. */
  static void add(StudyStore store) throws IOException {
    List<RunSpec> specs = new ArrayList<>();
    for (int batchSize = 2; batchSize <= 3; batchSize++) {
      specs.add(spec(batchSize, 0.02, 0));
      specs.add(spec(batchSize, 0.01, 0.5));
    }
    specs.add(spec(4, 1e30, 0));
    store.add(new Demand(SWEEP, "test", specs, 3), spec -> 1.0 / spec.batchSize());
  }

  static StudyStore open(Path study) throws IOException {
    return StudyStore.open(study.toString(), Opening.CREATE_IF_MISSING);
  }

  static WorkerJvm jvm() {
    return new WorkerJvm(
        List.of(
            "-Xmx200m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"),
        Clouds.class.getName(),
        List.of());
  }

  /** All that a study says of its runs, to the bit, but for times and attempts. */
  static List<String> content(StudyStore store) throws IOException {
    List<String> lines = new ArrayList<>();
    for (StoredRun run : store.runs()) {
      lines.add("%s %s %s %s".formatted(run.id(), run.spec(), run.state(), run.message()));
      lines.add(String.valueOf(store.compressibilities().get(run.id())));
      for (var epoch : store.epochs(run.id())) {
        lines.add(epoch.toString());
        for (var layer : epoch.layers()) {
          lines.add(layer.spectrum() == null ? "-" : bits(layer.spectrum().toArray()));
        }
      }
    }
    return lines;
  }

  private static String bits(double[] values) {
    StringBuilder text = new StringBuilder();
    for (double value : values) {
      text.append(Long.toHexString(Double.doubleToRawLongBits(value))).append(' ');
    }
    return text.toString();
  }
}
