package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.CompressionReport.OnData;
import io.rankfall.compress.CompressionReport.Role;
import io.rankfall.compress.CompressionReport.Trial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole compressions of files, with their reports. */
class CompressionTest {
  private static final int EXAMPLES = 400;

  @TempDir private Path folder = Path.of("");
  private Path model = Path.of("");
  private Path out = Path.of("");

  @BeforeEach
  void writeModel() throws IOException {
    model = folder.resolve("model.onnx");
    out = folder.resolve("small.onnx");
    Networks.decaying(5, 40, 60, 50, 8).write(model);
  }

  private LabelledInputs labelled(String name, long seed) throws IOException {
    Rows rows = Networks.rows(seed, EXAMPLES, 40);
    Rows outputs = Networks.outputs(OnnxModel.read(model), rows);
    float[] labels = new float[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++) {
      labels[i] = outputs.argmax(i);
    }
    return new LabelledInputs(name, ModelInputs.of(rows), Optional.of(Rows.of(1, labels)));
  }

  @Test
  void theReportIsOfTheWrittenFile() throws Exception {
    CompressionReport report =
        Compression.of(model, new RankPolicy.ParameterBudget(0.5))
            .data(labelled("validation", 1))
            .batch(16)
            .write(out);
    OnnxModel written = OnnxModel.read(out);
    assertThat(report.met()).isTrue();
    assertThat(report.compressed().parameters()).isEqualTo(written.parameters());
    assertThat(report.compressed().bytes()).isEqualTo(Files.size(out));
    assertThat(report.dense().bytes()).isEqualTo(Files.size(model));
    assertThat(report.dense().macs()).hasValue(40 * 60 + 60 * 50 + 50 * 8);
    assertThat(report.layers().stream().mapToLong(l -> l.compressed()).sum())
        .isEqualTo(report.compressed().macs().getAsLong());
    assertThat(report.latencies()).extracting(LatencyComparison::batch).containsExactly(1, 16);
    OnData onData = report.onData().get(0);
    assertThat(onData.role()).isEqualTo(Role.MEASURED);
    assertThat(onData.score().orElseThrow().dense()).isEqualTo(1);
    assertThat(onData.score().orElseThrow().compressed()).isEqualTo(onData.change().agreement());
    Rows rows = Networks.rows(1, EXAMPLES, 40);
    assertThat(onData.change().relative())
        .isCloseTo(
            Networks.distance(
                Networks.outputs(written, rows), Networks.outputs(OnnxModel.read(model), rows)),
            within(1e-9));
  }

  @Test
  void aDropIsSearchedOnDataAndToldOnTestData() throws Exception {
    CompressionReport report =
        Compression.of(model, new Goal.MaxDrop(0.6))
            .calibration(ModelInputs.of(Networks.rows(9, EXAMPLES, 40)))
            .data(labelled("validation", 1))
            .testData(labelled("test", 2))
            .write(out);
    assertThat(report.onData())
        .extracting(OnData::role)
        .containsExactly(Role.SEARCHED, Role.UNSEEN);
    double drop = report.onData().get(0).score().orElseThrow().drop();
    assertThat(drop).isLessThanOrEqualTo(0.6);
    Trial best =
        report.search().stream()
            .filter(Trial::met)
            .reduce((a, b) -> a.parameters() <= b.parameters() ? a : b)
            .orElseThrow();
    assertThat(best.parameters()).isEqualTo(report.compressed().parameters());
    assertThat(best.value()).isEqualTo(drop);
    assertThat(report.search())
        .anyMatch(trial -> !trial.met() && trial.parameters() < best.parameters());
    OnData unseen = report.onData().get(1);
    assertThat(unseen.data()).isEqualTo("test");
    assertThat(unseen.score().orElseThrow().compressed()).isEqualTo(unseen.change().agreement());
  }

  @Test
  void theSameCompressionWritesTheSameBytes() throws Exception {
    Path again = folder.resolve("again.onnx");
    for (Path target : List.of(out, again)) {
      Compression.of(model, new RankPolicy.ParameterBudget(0.4))
          .calibration(ModelInputs.of(Networks.rows(9, EXAMPLES, 40)))
          .write(target);
    }
    assertThat(again).hasSameBinaryContentAs(out);
  }

  @Test
  void whatCalibrationShowedIsReported() throws Exception {
    Rows rows = Networks.rows(9, 25, 40);
    CompressionReport report =
        Compression.of(model, new RankPolicy.Uniform(4)).calibration(ModelInputs.of(rows)).plan();
    InputSpan first = report.inputs().get(0).orElseThrow();
    // A bias takes the mean, which leaves one direction less than examples.
    assertThat(first.seen()).isEqualTo(25);
    assertThat(first.rank()).isEqualTo(24);
    assertThat(first.width()).isEqualTo(40);
    assertThat(first.condition()).isBetween(10.0, 1e13);
    assertThat(report.notes()).anyMatch(note -> note.contains("25 rows cannot span the 40 inputs"));
    assertThat(Compression.of(model, new RankPolicy.Uniform(4)).plan().inputs()).isEmpty();
  }

  /** Budgets in bytes and searches take hidden units out as budgets of parameters do. */
  @Test
  void hiddenUnitsGoWhateverTheGoal() throws Exception {
    ModelInputs inputs = ModelInputs.of(Networks.rows(9, EXAMPLES, 40));
    for (Goal goal :
        List.of(
            new RankPolicy.ParameterBudget(0.3),
            new Goal.FileSize(Files.size(model) * 3 / 10),
            new Goal.MaxChange(0.3))) {
      CompressionReport report =
          Compression.of(model, goal).calibration(inputs).data(labelled("data", 1)).write(out);
      assertThat(report.plan().isNarrowed()).as(goal.text()).isTrue();
      assertThat(OnnxModel.read(out).parameters()).isEqualTo(report.plan().parameters());
      assertThat(report.layers().stream().mapToLong(l -> l.compressed()).sum())
          .isEqualTo(report.compressed().macs().getAsLong());
    }
  }

  @Test
  void aChangeNeedsNoLabels() throws Exception {
    LabelledInputs data = new LabelledInputs("inputs", labelled("", 1).inputs(), Optional.empty());
    CompressionReport report = Compression.of(model, new Goal.MaxChange(0.1)).data(data).write(out);
    assertThat(report.onData().get(0).change().relative()).isBetween(0.05, 0.1);
    assertThat(report.onData().get(0).score()).isEmpty();
    assertThatThrownBy(() -> Compression.of(model, new Goal.MaxDrop(1)).data(data).plan())
        .hasMessage("drop: expected data with labels, found none");
  }

  @Test
  void aGoalThatNothingMeetsWritesNothingUnlessTheBestIsWanted() throws Exception {
    Compression impossible =
        Compression.of(model, new Goal.MaxChange(1e-9)).data(labelled("validation", 1));
    assertThatThrownBy(() -> impossible.write(out))
        .isInstanceOf(BudgetException.class)
        .hasMessageContaining(
            "outputs changed by at most 1.0E-9, found at best outputs changed by");
    assertThat(folder).isDirectoryNotContaining(path -> path.equals(out));
    CompressionReport report = impossible.writeBest(out);
    assertThat(report.met()).isFalse();
    assertThat(report.notes()).anyMatch(note -> note.contains("found at best"));
    assertThat(OnnxModel.read(out).parameters())
        .isEqualTo(report.compressed().parameters())
        .isLessThan(report.dense().parameters());
    CompressionReport smallest =
        Compression.of(model, new RankPolicy.ParameterBudget(0.001)).writeBest(out);
    assertThat(smallest.met()).isFalse();
    assertThat(smallest.plan().layers())
        .allMatch(l -> ((RankPlan.Factored) l.choice()).rank() == 1);
  }

  @Test
  void epsilonIsTheRelativeErrorOfEachLayer() throws Exception {
    CompressionReport report = Compression.of(model, new RankPolicy.Epsilon(0.5)).plan();
    assertThat(report.plan().layers()).allMatch(layer -> layer.lossShare() <= 0.25);
    assertThat(report.plan().layers()).anyMatch(layer -> layer.lossShare() > 0.2);
    assertThat(report.latencies()).isEmpty();
    assertThat(folder.toFile().list()).containsExactly("model.onnx");
  }

  /** On one layer as wide as this, half of the time is reached on any machine. */
  @Test
  void latencyIsReachedOnThisMachine() throws Exception {
    Networks.mlp(5, 700, 800, 10).write(model);
    CompressionReport report = Compression.of(model, new Goal.Latency(0.6)).batch(64).write(out);
    assertThat(report.met()).isTrue();
    Trial last = report.search().stream().filter(Trial::met).reduce((a, b) -> b).orElseThrow();
    assertThat(last.value()).isBetween(0.2, 0.6);
    assertThat(report.latencies().get(1).batch()).isEqualTo(64);
    assertThat(report.latencies().get(1).speedup()).isGreaterThan(1.2);
  }

  @Test
  void dataThatDoesNotFitIsToldWithTheModelsInputs() throws IOException {
    LabelledInputs narrow =
        new LabelledInputs("narrow", ModelInputs.of(Networks.rows(1, 20, 7)), Optional.empty());
    assertThatThrownBy(() -> Compression.of(model, new Goal.MaxChange(0.1)).data(narrow).write(out))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("data: ")
        .hasMessageContaining("[?×40], found float32 [20×7]");
    LabelledInputs few =
        new LabelledInputs("few", labelled("", 1).inputs(), Optional.of(Rows.of(1, 0, 1)));
    assertThatThrownBy(() -> Compression.of(model, new Goal.MaxDrop(1)).data(few).write(out))
        .hasMessageContaining("few: expected a label for each of 400 rows of outputs, found 2");
  }
}
