package io.rankfall.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.train.Checkpoint;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointKeeperTest {
  private static final CheckpointInterval OFTEN = new CheckpointInterval.Seconds(1e-9);
  private static final CheckpointInterval EVERY_EPOCH = new CheckpointInterval.Epochs(1);

  private final Dataset dataset = new Dataset("noise", noise(90, 1), noise(60, 2), "a".repeat(64));
  private final Trainer trainer = new Trainer(dataset);

  @TempDir private Path path = Path.of("");

  private static boolean never() {
    return false;
  }

  private static Examples noise(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[count * 6];
    byte[] labels = new byte[count];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(3);
    }
    return Examples.of(6, 3, inputs, labels);
  }

  /** Six steps an epoch. */
  private static RunSpec spec(int epochs, double learningRate) {
    return new RunSpec(
        "noise",
        new Mlp(6, List.of(8), 3, Mlp.Normalization.BATCH),
        Initialization.HE,
        16,
        new Optimizer(learningRate, 1e-9, 0.9, StepSchedule.CONSTANT),
        epochs,
        1,
        LearnerKind.FUSED);
  }

  private static final RunSpec SPEC = spec(4, 0.1);

  private RunCheckpoints folder() {
    return new RunCheckpoints(path);
  }

  private CheckpointKeeper keeper(
      CheckpointInterval interval, BooleanSupplier pause, @Nullable Checkpoint from)
      throws IOException {
    return new CheckpointKeeper(folder(), interval, SPEC, pause, from);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(path)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** What the folder's checkpoint holds before each step. */
  private static final class Watching implements TrainingListener {
    private final RunCheckpoints folder;
    private final List<String> positions = new ArrayList<>();

    Watching(RunCheckpoints folder) {
      this.folder = folder;
    }

    @Override
    public void onEpoch(EpochRecord record) {}

    @Override
    public void beforeStep(int epoch, int done, Supplier<Checkpoint> checkpoint) {
      try {
        Checkpoint kept = Objects.requireNonNull(folder.read());
        positions.add(kept.epoch() + "." + kept.partial().steps());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private List<String> kept(CheckpointInterval interval) throws Exception {
    Watching watching = new Watching(folder());
    trainer.train(SPEC, keeper(interval, CheckpointKeeperTest::never, null).andThen(watching));
    Checkpoint last = Objects.requireNonNull(folder().read());
    assertThat(last.epoch()).isEqualTo(4);
    return watching.positions;
  }

  @Test
  void epochsAreKeptAtTheirEndsAndTheLastInAnyCase() throws Exception {
    assertThat(kept(new CheckpointInterval.Epochs(3)))
        .hasSize(24)
        .containsOnly("0.0", "3.0")
        .satisfies(all -> assertThat(all.get(18)).isEqualTo("3.0"))
        .satisfies(all -> assertThat(all.get(17)).isEqualTo("0.0"));
  }

  @Test
  void timesAreKeptBetweenSteps() throws Exception {
    List<String> kept = kept(OFTEN);
    for (int step = 0; step < 24; step++) {
      assertThat(kept.get(step)).isEqualTo(step / 6 + "." + step % 6);
    }
    assertThat(kept(new CheckpointInterval.Seconds(3600))).containsOnly("0.0");
  }

  @Test
  void pausedBeforeAnyStepAndResumedItIsTheUndisturbedRunWithTheSameBest() throws Exception {
    Run whole = trainer.train(SPEC, keeper(EVERY_EPOCH, CheckpointKeeperTest::never, null));
    byte[] best = Files.readAllBytes(path.resolve(RunCheckpoints.BEST));
    int bestEpoch = EpochRecord.best(whole.epochs()).epoch();
    assertThat(folder().holdsBest(SPEC, bestEpoch)).isTrue();
    assertThat(folder().holdsBest(SPEC, bestEpoch + 1)).isFalse();
    assertThat(folder().holdsBest(spec(4, 0.2), bestEpoch)).isFalse();
    assertThat(NetworkFile.read(path.resolve(RunCheckpoints.BEST), SPEC.architecture()))
        .isEqualTo(networkAfter(bestEpoch));
    for (int steps = 0; steps < 24; steps += 5) {
      Files.delete(path.resolve(RunCheckpoints.BEST));
      int[] left = {steps};
      CheckpointKeeper pausing = keeper(EVERY_EPOCH, () -> left[0]-- == 0, null);
      assertThatThrownBy(() -> trainer.train(SPEC, pausing))
          .isInstanceOf(TrainingPaused.class)
          .extracting(e -> ((TrainingPaused) e).position())
          .isEqualTo(position(steps));
      Checkpoint from = Objects.requireNonNull(folder().read());
      assertThat(TrainingPaused.position(from, 4)).isEqualTo(position(steps));
      Run resumed = trainer.resume(from, 4, keeper(EVERY_EPOCH, CheckpointKeeperTest::never, from));
      assertThat(resumed.outcome()).isEqualTo(whole.outcome());
      assertThat(resumed.epochs()).isEqualTo(whole.epochs());
      assertThat(path.resolve(RunCheckpoints.BEST)).hasBinaryContent(best);
    }
  }

  private static String position(int steps) {
    if (steps == 0) {
      return "before the first step";
    }
    int inside = steps % 6;
    return inside == 0
        ? "after epoch %d of 4".formatted(steps / 6)
        : "in epoch %d of 4 after %d step%s"
            .formatted(steps / 6 + 1, inside, inside == 1 ? "" : "s");
  }

  private Object networkAfter(int epoch) throws InterruptedException {
    Run run = trainer.train(spec(epoch, 0.1), TrainingListener.NONE);
    return ((RunOutcome.Completed) run.outcome()).network();
  }

  @Test
  void aRemovedBestIsWrittenAgainWhereTheCheckpointIsIt() throws Exception {
    Run run = trainer.train(spec(1, 0.1), keeper(EVERY_EPOCH, CheckpointKeeperTest::never, null));
    assertThat(EpochRecord.best(run.epochs()).epoch()).isEqualTo(1);
    byte[] best = Files.readAllBytes(path.resolve(RunCheckpoints.BEST));
    Files.delete(path.resolve(RunCheckpoints.BEST));
    keeper(EVERY_EPOCH, CheckpointKeeperTest::never, folder().read());
    assertThat(path.resolve(RunCheckpoints.BEST)).hasBinaryContent(best);
  }

  @Test
  void aTrainingIsUnfinishedUntilItsRecordTellsOfIt() throws Exception {
    assertThat(folder().unfinished()).isNull();
    Run run = trainer.train(spec(2, 0.1), keeper(EVERY_EPOCH, CheckpointKeeperTest::never, null));
    assertThat(folder().unfinished()).isEqualTo(folder().read()).isNotNull();
    RunFiles.write(path, run, dataset);
    assertThat(folder().unfinished()).isNull();
    // More epochs of the same run are at stake again, another one's record tells nothing of it.
    Checkpoint from = Objects.requireNonNull(folder().read());
    int[] left = {1};
    assertThatThrownBy(
            () -> trainer.resume(from, 4, keeper(EVERY_EPOCH, () -> left[0]-- == 0, from)))
        .isInstanceOf(TrainingPaused.class);
    assertThat(folder().unfinished()).isNotNull();
    RunFiles.write(path, trainer.train(spec(4, 0.2), TrainingListener.NONE), dataset);
    assertThat(folder().unfinished()).isNotNull();
    // Nothing is at stake before the first step.
    int[] none = {0};
    assertThatThrownBy(() -> trainer.train(SPEC, keeper(EVERY_EPOCH, () -> none[0]-- == 0, null)))
        .isInstanceOf(TrainingPaused.class);
    assertThat(folder().unfinished()).isNull();
  }

  @Test
  void aDivergedRunIsFinished() throws Exception {
    RunSpec wild = spec(3, 1e8);
    CheckpointKeeper keeper =
        new CheckpointKeeper(folder(), OFTEN, wild, CheckpointKeeperTest::never, null);
    Run run = trainer.train(wild, keeper);
    assertThat(run.outcome()).isInstanceOf(RunOutcome.Diverged.class);
    assertThat(Objects.requireNonNull(folder().unfinished()).begunEpoch()).isPositive();
    RunFiles.write(path, run, dataset);
    assertThat(folder().unfinished()).isNull();
  }

  /** Where files take their places, one after another, the old run or the checkpoint is there. */
  @Test
  void anExportThatIsCutOffLeavesTheCheckpoint() throws Exception {
    Run run = trainer.train(SPEC, keeper(EVERY_EPOCH, CheckpointKeeperTest::never, null));
    RunFiles.write(path, run, dataset);
    Path inTheWay = path.resolve(RunFiles.SAFETENSORS);
    Files.delete(inTheWay);
    Files.createDirectories(inTheWay.resolve("folder"));
    assertThatThrownBy(() -> RunFiles.write(path, run, dataset)).isInstanceOf(IOException.class);
    assertThat(path.resolve(RunFiles.RUN)).doesNotExist();
    Checkpoint left = Objects.requireNonNull(folder().unfinished());
    Files.delete(inTheWay.resolve("folder"));
    Files.delete(inTheWay);
    RunFiles.write(path, trainer.resume(left, 4, TrainingListener.NONE), dataset);
    Network network = ((RunOutcome.Completed) run.outcome()).network();
    assertThat(NetworkFile.read(path.resolve(RunFiles.SAFETENSORS), network.architecture()))
        .isEqualTo(network);
    assertThat(folder().unfinished()).isNull();
  }

  @Test
  void whatKilledProcessesLeaveIsRemoved() throws Exception {
    Files.writeString(path.resolve("checkpoint.safetensors.12-3.part"), "half");
    Files.writeString(path.resolve("best.safetensors.12-4.part"), "half");
    Path export = Files.createDirectory(path.resolve(".unfinished-123"));
    Files.writeString(export.resolve("model.onnx"), "whole");
    Files.writeString(export.resolve("run.json.12-5.part"), "half");
    Files.writeString(path.resolve("notes.part"), "mine");
    folder().removeParts();
    assertThat(files()).containsExactly("notes.part");
  }

  @Test
  void aFolderThatCannotBeWrittenEndsTheTrainingAtOnce() throws Exception {
    Files.createDirectory(path.resolve(RunCheckpoints.NEWEST));
    CheckpointKeeper keeper = keeper(EVERY_EPOCH, CheckpointKeeperTest::never, null);
    Watching watching = new Watching(folder());
    assertThatThrownBy(() -> trainer.train(SPEC, keeper.andThen(watching)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("checkpoint.safetensors: expected a file, found a directory");
    assertThat(watching.positions).isEmpty();
  }

  @Test
  void intervalsAreEpochsOrTimes() {
    assertThat(CheckpointInterval.parse("2")).isEqualTo(new CheckpointInterval.Epochs(2));
    assertThat(CheckpointInterval.parse("30s")).isEqualTo(new CheckpointInterval.Seconds(30));
    assertThat(CheckpointInterval.parse("10m")).isEqualTo(new CheckpointInterval.Seconds(600));
    assertThat(CheckpointInterval.parse("1.5h")).isEqualTo(new CheckpointInterval.Seconds(5400));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "0s", "1.5", "10 m", "m", "1d", "99999999999"})
  void otherIntervalsAreRefused(String text) {
    assertThatThrownBy(() -> CheckpointInterval.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("checkpoint interval: expected ");
  }
}
