package io.rankfall.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.compress.Inspection;
import io.rankfall.spectra.RankRule;
import io.rankfall.study.ComparisonListener.Phase;
import io.rankfall.study.ComparisonSpec.Cell;
import io.rankfall.study.Results.FileResult;
import io.rankfall.study.Results.RunResult;
import io.rankfall.study.report.HtmlReport;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job on a small network and made-up data, with real training, files and ONNX Runtime. */
class ComparisonTest {
  private static final int FEATURES = 40;
  private static final List<Cell> CELLS =
      List.of(new Cell(64, 0), new Cell(8, 1e-2), new Cell(8, 0.5));

  private static Path folder;
  private static Results results;
  private static final AtomicInteger steps = new AtomicInteger();

  @BeforeAll
  static void compare(@TempDir Path shared) throws IOException, InterruptedException {
    folder = shared;
    results = run(folder.resolve("first"), 2);
  }

  private static Results run(Path out, int jobs) throws IOException, InterruptedException {
    RunSpec base =
        new RunSpec(
            "clouds",
            new Mlp(FEATURES, List.of(48, 32), 4, Mlp.Normalization.NONE),
            Initialization.HE,
            1,
            new Optimizer(0.05, 0, 0, StepSchedule.CONSTANT),
            2,
            3,
            LearnerKind.FUSED);
    ComparisonSpec spec = new ComparisonSpec(base, CELLS, List.of(0.5, 0.2, 0.01), 100, jobs);
    return new Comparison(spec, clouds(), out, new Quiet()).run("rankfall test");
  }

  @Test
  void everyRunHasItsFilesAndTheirMeasures() throws IOException {
    assertThat(results.runs())
        .extracting(RunResult::id)
        .containsExactly("b64-wd0", "b8-wd1e-2", "b8-wd5e-1");
    assertThat(steps.get()).isPositive();
    for (RunResult run : results.runs()) {
      assertThat(run.outcome().kind()).isEqualTo("COMPLETED");
      assertThat(run.exportError()).isLessThan(1e-4);
      assertThat(run.epochs()).hasSize(3);
      assertThat(run.epochs())
          .allSatisfy(
              epoch ->
                  assertThat(epoch.layers())
                      .allSatisfy(
                          l -> assertThat(l.spectrum()).hasSize(Math.min(l.rows(), l.cols()))));
      // The dense file, and four policies at the two budgets that any rank can meet.
      assertThat(run.files()).hasSize(1 + 4 * 2);
      FileResult dense = run.files().get(0);
      assertThat(dense.parameters()).isEqualTo(results.settings().parameters());
      for (FileResult file : run.files()) {
        Path path = folder.resolve("first").resolve(file.path());
        assertThat(Files.size(path)).isEqualTo(file.bytes());
        assertThat(file.parameters())
            .isLessThanOrEqualTo((long) (file.budget() * dense.parameters()));
        assertThat(file.latencies()).extracting(Results.Latency::batch).contains(1);
        assertThat(file.layers()).hasSize(3);
      }
    }
  }

  @Test
  void theSpectraOfTheLastEpochAreThoseOfTheExportedFile()
      throws IOException, InterruptedException {
    Path run = folder.resolve("first/models/b8-wd1e-2");
    RunRecord record = ResultsFile.readRun(run.resolve(RunFiles.RUN));
    Inspection exported = Inspection.of(run.resolve(RunFiles.ONNX));
    for (int l = 0; l < 3; l++) {
      LayerSpectrum recorded = record.lastSpectra().get(l);
      assertThat(recorded.name()).isEqualTo(exported.matrices().get(l).name());
      assertThat(recorded.spectrum().toArray())
          .containsExactly(
              exported.matrices().get(l).spectrum().toArray(),
              org.assertj.core.api.Assertions.within(1e-7 * recorded.spectrum().spectralNorm()));
      assertThat(record.result().epochs().get(2).layers().get(l).rankTau3())
          .isEqualTo(
              exported.matrices().get(l).spectrum().rank(new RankRule.FrobeniusRelative(1e-3)));
    }
  }

  @Test
  void resultsSurviveTheirFile() throws IOException {
    Path file = folder.resolve("results.json");
    ResultsFile.write(file, results);
    assertThat(ResultsFile.readResults(file)).isEqualTo(results);
    JsonNode json = new JsonMapper().readTree(file.toFile());
    assertThat(json.at("/runs/0/files/0/policy").asText()).isEqualTo("dense");
    assertThat(HtmlReport.render(results)).contains("b8-wd1e-2");
  }

  @Test
  void anotherRunWithOtherThreadsGivesTheSameNumbersAndFiles()
      throws IOException, InterruptedException {
    Results again = run(folder.resolve("second"), 1);
    for (int i = 0; i < CELLS.size(); i++) {
      assertThat(again.runs().get(i).epochs()).isEqualTo(results.runs().get(i).epochs());
      List<FileResult> first = results.runs().get(i).files();
      List<FileResult> second = again.runs().get(i).files();
      for (int f = 0; f < first.size(); f++) {
        assertThat(second.get(f).testAccuracy()).isEqualTo(first.get(f).testAccuracy());
        assertThat(folder.resolve("second").resolve(second.get(f).path()))
            .hasSameBinaryContentAs(folder.resolve("first").resolve(first.get(f).path()));
      }
    }
    try (Stream<Path> all = Files.walk(folder)) {
      assertThat(all.filter(path -> path.toString().endsWith(".part"))).isEmpty();
    }
  }

  @Test
  void damagedRecordsAreRefusedInOneLine() throws IOException {
    Path file = folder.resolve("bad.json");
    for (String bad : List.of("", "null", "{", "[]", "{\"formatVersion\":1}", "\"run\"")) {
      Files.writeString(file, bad);
      assertThatThrownBy(() -> ResultsFile.readRun(file))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(file + ": expected a run, found ")
          .message()
          .doesNotContain("\n");
    }
    Path run = folder.resolve("first/models/b64-wd0").resolve(RunFiles.RUN);
    Files.writeString(
        file, Files.readString(run).replaceFirst("\"formatVersion\" : 1", "\"formatVersion\" : 7"));
    assertThatThrownBy(() -> ResultsFile.readRun(file))
        .hasMessage(file + ": expected format version 1, found 7");
    assertThatThrownBy(() -> ResultsFile.readResults(folder.resolve("none.json")))
        .hasMessageEndingWith("none.json: expected results, found no file");
  }

  private static Dataset clouds() {
    return new Dataset("clouds", cloud(512, 1), cloud(300, 2), "made up");
  }

  private static Examples cloud(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[size * FEATURES];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) (i % 4);
      for (int j = 0; j < FEATURES; j++) {
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + (j % 4 == labels[i] ? 1 : 0));
      }
    }
    return Examples.of(FEATURES, 4, inputs, labels);
  }

  private static final class Quiet implements ComparisonListener {
    @Override
    public void onEpoch(Cell cell, EpochRecord record) {}

    @Override
    public void onStep(Cell cell, int epoch, int step) {
      steps.incrementAndGet();
    }

    @Override
    public void onRun(Cell cell, Run run) {}

    @Override
    public void onFiles(Phase phase, int done, int total) {}
  }
}
