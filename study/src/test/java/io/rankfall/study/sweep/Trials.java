package io.rankfall.study.sweep;

import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Demand;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A small data set, small trainings on it, and processes that do them; used by several tests. */
final class Trials {
  static final String SWEEP = "small";
  private static final int FEATURES = 40;

  private Trials() {}

  /** Both processes of a test make the same data. */
  static Dataset dataset() {
    return new Dataset("clouds", clouds(3000, 1), clouds(500, 2), "c".repeat(64));
  }

  private static Examples clouds(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[size * FEATURES];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) random.nextInt(4);
      for (int j = 0; j < FEATURES; j++) {
        double mean = j % 4 == labels[i] ? 0.4 : 0;
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + mean);
      }
    }
    return Examples.of(FEATURES, 4, inputs, labels);
  }

  static RunSpec spec(int batchSize, double learningRate, double momentum, int epochs) {
    Mlp.Normalization normalization =
        batchSize % 8 == 0 ? Mlp.Normalization.BATCH : Mlp.Normalization.NONE;
    return new RunSpec(
        "clouds",
        new Mlp(FEATURES, List.of(48, 32), 4, normalization),
        Initialization.HE,
        batchSize,
        new Optimizer(
            learningRate,
            learningRate > 1 ? 0 : 1e-3,
            momentum,
            new StepSchedule(List.of(3, 6), 0.3)),
        epochs,
        1,
        LearnerKind.FUSED);
  }

  /** Runs of a second or two, one of which diverges. */
  static List<RunSpec> grid() {
    List<RunSpec> specs = new ArrayList<>();
    for (int batchSize : new int[] {3, 4, 8, 16}) {
      specs.add(spec(batchSize, 0.05, 0, 12));
      specs.add(spec(batchSize, 0.02, 0.9, 12));
    }
    specs.add(spec(4, 1e30, 0, 12));
    return specs;
  }

  static int add(StudyStore store, List<RunSpec> specs) throws IOException {
    return store.add(new Demand(SWEEP, "test", specs, 3), TrialCost::of);
  }

  static StudyStore open(Path study) throws IOException {
    return StudyStore.open(study.toString(), Opening.CREATE_IF_MISSING);
  }

  /** Two workers that keep every epoch. */
  static SweepExecution.Plan plan(Path folder, String... javaOptions) {
    return new SweepExecution.Plan(
        2, Workplace.here(java(WorkerMain.class, javaOptions)), folder.resolve("checkpoints"), 0);
  }

  /** A command that runs the class with this test's class path. */
  static List<String> java(Class<?> main, String... options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx200m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    return command;
  }

  /** All that a study says of its runs, but for times and attempts. */
  static List<String> content(Path study) throws IOException {
    List<String> lines = new ArrayList<>();
    try (StudyStore store = StudyStore.open(study.toString(), Opening.EXISTING)) {
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
