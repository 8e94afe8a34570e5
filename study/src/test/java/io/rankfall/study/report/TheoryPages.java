package io.rankfall.study.report;

import io.rankfall.study.recording.Recordings;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import io.rankfall.train.theory.TheoryProbe;
import io.rankfall.train.theory.TheoryReport;
import io.rankfall.train.theory.TheorySettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** Pages of real, small trainings in a real browser. */
final class TheoryPages implements AutoCloseable {
  private static final int FEATURES = 64;
  private static final Dataset CLOUDS =
      new Dataset("<b>clouds</b>", cloud(101, 1), cloud(20, 2), "none");
  private static final TheorySettings SETTINGS =
      new TheorySettings(List.of(0.3, 0.1, 0.01), 5, 1 << 20, 3, TheorySettings.Depth.FULL);

  private final Path folder;
  private final Browser browser;
  private final TheoryReport report;
  private final Recordings recordings;

  private TheoryPages(Path folder, Browser browser, TheoryReport report, Recordings recordings) {
    this.folder = folder;
    this.browser = browser;
    this.report = report;
    this.recordings = recordings;
  }

  /** With {@code theory.html}, which has an explorer. */
  static TheoryPages in(Path folder) throws Exception {
    TheoryReport report = report(1, 0.1, 0.5, 0);
    Recordings recordings =
        Recordings.make(
            CLOUDS,
            new Recordings.Plan(
                List.of(8, 8), 1, List.of(2, 9), List.of(0.05, 0.1), List.of(0.0, 0.1), 100, 10, 7),
            (done, all) -> {});
    TheoryPage.of(report).withExplorer(recordings).write(folder.resolve("theory.html"));
    return new TheoryPages(folder, Browser.start(folder.resolve("profile")), report, recordings);
  }

  Browser browser() {
    return browser;
  }

  TheoryReport report() {
    return report;
  }

  Recordings recordings() {
    return recordings;
  }

  /** What earlier tests set and printed. */
  void forget() {
    browser.preferColours("light");
    browser.resize(1280, 900);
    browser.console();
  }

  void write(String name, TheoryPage page) throws IOException {
    page.write(folder.resolve(name));
  }

  void open(String name) {
    browser.open(folder.resolve(name).toAbsolutePath());
    browser.run("document.querySelectorAll('.chart').forEach(canvas => canvas.show())");
    browser.settle();
  }

  String text(String selector) {
    return browser.text("return document.querySelector(arguments[0]).textContent", selector);
  }

  void slide(String figure, int position) {
    browser.run(
        "const slider = [...document.querySelectorAll(arguments[0] + ' input[type=range]')].at(-1);"
            + "slider.value = arguments[1]; slider.dispatchEvent(new Event('input'));",
        figure,
        position);
    browser.settle();
  }

  @Override
  public void close() {
    browser.close();
  }

  static TheoryReport report(int batch, double rate, double weightDecay, double momentum)
      throws Exception {
    RunSpec spec =
        new RunSpec(
            CLOUDS.name(),
            new Mlp(FEATURES, List.of(60), 3, Mlp.Normalization.NONE),
            Initialization.HE,
            batch,
            new Optimizer(rate, weightDecay, momentum, StepSchedule.CONSTANT),
            3,
            5,
            LearnerKind.FUSED);
    TheoryProbe probe = new TheoryProbe(spec, CLOUDS, SETTINGS);
    Run run = new Trainer(CLOUDS).train(spec, probe);
    return probe.report(run.outcome());
  }

  private static Examples cloud(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[count * FEATURES];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 3);
      for (int j = 0; j < FEATURES; j++) {
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + (j % 3 == i % 3 ? 2 : 0));
      }
    }
    return Examples.of(FEATURES, 3, inputs, labels);
  }
}
