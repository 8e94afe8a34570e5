package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.SafetensorsFile;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.Mlp.Normalization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A training goes on from its file as if it had not stopped, and other files are refused. */
class CheckpointTest {
  private static final int FEATURES = 9;
  private static final int EPOCHS = 5;

  /** 150 examples end with a short batch of 6. */
  private static final Dataset DATASET =
      new Dataset(
          "noise",
          Cases.noise(150, FEATURES, 4, 1),
          Cases.noise(300, FEATURES, 4, 2),
          "a".repeat(64));

  private final Trainer trainer = new Trainer(DATASET);

  @TempDir private Path folder = Path.of("");

  private static RunSpec spec(
      LearnerKind learner, Normalization normalization, double weightDecay, double momentum) {
    return new RunSpec(
        "noise",
        new Mlp(FEATURES, List.of(14, 6), 4, normalization),
        Initialization.HE,
        16,
        new Optimizer(0.1, weightDecay, momentum, new StepSchedule(List.of(2, 4), 0.3)),
        EPOCHS,
        3,
        learner);
  }

  private static final RunSpec RICH = spec(LearnerKind.FUSED, Normalization.BATCH, 1e-2, 0.9);

  /** Keeps every checkpoint as a file. */
  private final class Keeper implements TrainingListener {
    private final List<Path> files = new ArrayList<>();

    @Override
    public void onEpoch(EpochRecord record) {}

    @Override
    public void onCheckpoint(int epoch, Supplier<Checkpoint> checkpoint) {
      Path file = folder.resolve(epoch + ".safetensors");
      try {
        checkpoint.get().write(file);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
      files.add(file);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FUSED, NONE,  0,    0",
    "FUSED, NONE,  0.05, 0",
    "FUSED, NONE,  6,    0",
    "FUSED, NONE,  0.05, 0.9",
    "FUSED, NONE,  3,    0.9",
    "FUSED, BATCH, 0.05, 0",
    "FUSED, BATCH, 0.05, 0.9",
    "DJL,   NONE,  0.05, 0",
    "DJL,   NONE,  0.05, 0.9",
    "DJL,   BATCH, 0.05, 0.9"
  })
  void resumedAfterAnyEpochItIsTheUndisturbedTrainingToTheBit(
      LearnerKind learner, Normalization normalization, double weightDecay, double momentum)
      throws Exception {
    RunSpec spec = spec(learner, normalization, weightDecay, momentum);
    Keeper keeper = new Keeper();
    Run whole = trainer.train(spec, keeper);
    assertThat(whole.outcome()).isInstanceOf(RunOutcome.Completed.class);
    assertThat(keeper.files).hasSize(EPOCHS + 1);
    for (Path file : keeper.files) {
      Run resumed = trainer.resume(Checkpoint.read(file), EPOCHS, TrainingListener.NONE);
      assertThat(resumed.outcome()).as("from %s", file).isEqualTo(whole.outcome());
      assertThat(resumed.epochs()).isEqualTo(whole.epochs());
      assertThat(resumed.seconds()).isPositive();
    }
  }

  /** Keeps every checkpoint between two steps as a file. */
  private final class StepKeeper implements TrainingListener {
    private final List<Path> files = new ArrayList<>();

    @Override
    public void onEpoch(EpochRecord record) {}

    @Override
    public void beforeStep(int epoch, int done, Supplier<Checkpoint> checkpoint) {
      Path file = folder.resolve(epoch + "-" + done + ".safetensors");
      try {
        checkpoint.get().write(file);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
      files.add(file);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FUSED, NONE,  0.05, 0",
    "FUSED, NONE,  6,    0.9",
    "FUSED, BATCH, 0.05, 0.9",
    "DJL,   NONE,  0.05, 0.9",
    "DJL,   BATCH, 0.05, 0.9"
  })
  void resumedBetweenAnyTwoStepsItIsTheUndisturbedTrainingToTheBit(
      LearnerKind learner, Normalization normalization, double weightDecay, double momentum)
      throws Exception {
    RunSpec spec = spec(learner, normalization, weightDecay, momentum);
    StepKeeper keeper = new StepKeeper();
    Run whole = trainer.train(spec, keeper);
    assertThat(whole.epochs()).hasSize(EPOCHS + 1);
    // Ten steps an epoch; every third is on its way through all of them.
    assertThat(keeper.files).hasSize(10 * EPOCHS);
    for (int i = 1; i < keeper.files.size(); i += 3) {
      Checkpoint from = Checkpoint.read(keeper.files.get(i));
      assertThat(from.epoch()).isEqualTo(i / 10);
      assertThat(from.partial().steps()).isEqualTo(i % 10);
      Run resumed = trainer.resume(from, EPOCHS, TrainingListener.NONE);
      assertThat(resumed.outcome()).as("from %s", keeper.files.get(i)).isEqualTo(whole.outcome());
      assertThat(resumed.epochs()).isEqualTo(whole.epochs());
    }
  }

  @Test
  void validationExamplesAreMeasuredAndNotTrainedOn() throws Exception {
    Dataset held = DATASET.holdOut(30);
    Dataset rest = DATASET.first(120);
    assertThat(held.train().inputs(0, 120)).isEqualTo(rest.train().inputs(0, 120));
    Examples validation = Objects.requireNonNull(held.validation());
    assertThat(validation.inputs(0, 30)).isEqualTo(DATASET.train().inputs(120, 30));
    assertThat(validation.label(29)).isEqualTo(DATASET.train().label(149));
    StepKeeper keeper = new StepKeeper();
    Run run = new Trainer(held).train(RICH, keeper);
    Run without = new Trainer(rest).train(RICH, TrainingListener.NONE);
    assertThat(run.outcome()).isEqualTo(without.outcome());
    assertThat(run.epochs())
        .allSatisfy(epoch -> assertThat(epoch.selection()).isEqualTo(epoch.validation()));
    assertThat(without.epochs())
        .allSatisfy(epoch -> assertThat(epoch.selection()).isEqualTo(epoch.test()));
    Network last = ((RunOutcome.Completed) run.outcome()).network();
    try (Learner learner = LearnerKind.FUSED.start(last, RICH.optimizer(), 16)) {
      // The learner in training holds its weights as multiples of a scale.
      assertThat(Objects.requireNonNull(run.epochs().get(EPOCHS).validation()).loss())
          .isCloseTo(learner.evaluate(validation).loss(), within(1e-6));
    }
    Checkpoint from = Checkpoint.read(keeper.files.get(20));
    assertThat(new Trainer(held).resume(from, EPOCHS, TrainingListener.NONE).epochs())
        .isEqualTo(run.epochs());
    assertThatThrownBy(() -> DATASET.holdOut(150))
        .hasMessage(
            "validation examples: expected 1 to 149 of the 150 training examples of noise, found"
                + " 150");
  }

  @Test
  void theNetworkOfACheckpointIsTheTrained() throws Exception {
    Keeper keeper = new Keeper();
    Run run = trainer.train(RICH, keeper);
    assertThat(Checkpoint.read(keeper.files.get(EPOCHS)).network())
        .isEqualTo(((RunOutcome.Completed) run.outcome()).network());
  }

  /** Written after epoch 2 of 5, when checkpoints were of format version 1. */
  @ParameterizedTest
  @CsvSource({"FUSED, checkpoint-v1-fused", "DJL, checkpoint-v1-djl"})
  void checkpointsOfVersion1AreRead(LearnerKind learner, String name) throws Exception {
    Path golden =
        Path.of(
            Objects.requireNonNull(CheckpointTest.class.getResource(name + ".safetensors"))
                .toURI());
    RunSpec spec = spec(learner, Normalization.BATCH, 1e-2, 0.9);
    Checkpoint from = Checkpoint.read(golden);
    assertThat(from.difference(spec)).isNull();
    assertThat(from.epoch()).isEqualTo(2);
    assertThat(from.partial()).isEqualTo(PartialEpoch.NONE);
    Run resumed = trainer.resume(from, EPOCHS, TrainingListener.NONE);
    Run whole = trainer.train(spec, TrainingListener.NONE);
    assertThat(resumed.epochs().subList(0, 3)).isEqualTo(from.epochs());
    // Another processor may round otherwise than the one that wrote the file.
    for (int e = 0; e <= EPOCHS; e++) {
      assertThat(resumed.epochs().get(e).test().loss())
          .isCloseTo(whole.epochs().get(e).test().loss(), within(1e-3));
    }
  }

  @Test
  void aCheckpointOfOtherSettingsNamesTheFirst() throws Exception {
    Keeper keeper = new Keeper();
    trainer.train(RICH.withEpochs(1), keeper);
    Checkpoint from = Checkpoint.read(keeper.files.get(1));
    assertThat(from.difference(RICH.withEpochs(77))).isNull();
    assertThat(from.difference(spec(LearnerKind.FUSED, Normalization.NONE, 1e-2, 0.9)))
        .isEqualTo("architecture.normalization: expected BATCH, found NONE");
    assertThat(from.difference(spec(LearnerKind.FUSED, Normalization.BATCH, 1e-2, 0.8)))
        .isEqualTo("optimizer.momentum: expected 0.9, found 0.8");
    assertThat(from.difference(spec(LearnerKind.DJL, Normalization.BATCH, 1e-2, 0.9)))
        .isEqualTo("learner: expected FUSED, found DJL");
  }

  @Test
  void aPositionThatTheTrainingDoesNotReachIsRefused() throws Exception {
    StepKeeper keeper = new StepKeeper();
    trainer.train(RICH, keeper);
    Checkpoint inThird = Checkpoint.read(keeper.files.get(25));
    assertThatThrownBy(() -> trainer.resume(inThird, 2, TrainingListener.NONE))
        .hasMessage("checkpoint: expected at most epoch 2, found 3");
    Trainer fewer = new Trainer(DATASET.first(80));
    assertThatThrownBy(() -> fewer.resume(inThird, EPOCHS, TrainingListener.NONE))
        .hasMessage(
            "checkpoint: expected steps on fewer than the 80 training examples, found 5 of 16");
  }

  @Test
  void resumedAndInterruptedAgainAndAgainItIsStillTheSame() throws Exception {
    Run whole = trainer.train(RICH, TrainingListener.NONE);
    Path file = folder.resolve("latest.safetensors");
    RunSpec shortest = RICH.withEpochs(1);
    trainer.train(shortest, new Latest(file));
    for (int epochs = 2; epochs <= EPOCHS; epochs++) {
      Run next = trainer.resume(Checkpoint.read(file), epochs, new Latest(file));
      assertThat(next.epochs()).isEqualTo(whole.epochs().subList(0, epochs + 1));
    }
    assertThat(Checkpoint.read(file).epoch()).isEqualTo(EPOCHS);
    assertThat(Checkpoint.read(file).epochs()).isEqualTo(whole.epochs());
  }

  private record Latest(Path file) implements TrainingListener {
    @Override
    public void onEpoch(EpochRecord record) {}

    @Override
    public void onCheckpoint(int epoch, Supplier<Checkpoint> checkpoint) {
      try {
        checkpoint.get().write(file);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  @Test
  void otherDataAnAheadCheckpointAndAnotherLearnerAreRefused() throws Exception {
    Keeper keeper = new Keeper();
    trainer.train(RICH, keeper);
    Checkpoint last = Checkpoint.read(keeper.files.get(EPOCHS));
    assertThatThrownBy(() -> trainer.resume(last, EPOCHS - 1, TrainingListener.NONE))
        .hasMessage("checkpoint: expected at most epoch 4, found 5");
    Dataset other = new Dataset("noise", DATASET.train(), DATASET.test(), "b".repeat(64));
    assertThatThrownBy(() -> new Trainer(other).resume(last, EPOCHS, TrainingListener.NONE))
        .hasMessageStartingWith("checkpoint: expected one of data bbb");
    Checkpoint swapped =
        new Checkpoint(
            spec(LearnerKind.FUSED, Normalization.NONE, 1e-2, 0.5),
            last.dataSha256(),
            new LearnerState(Map.of(), Map.of()),
            last.epochs(),
            PartialEpoch.NONE,
            0);
    assertThatThrownBy(() -> trainer.resume(swapped, EPOCHS, TrainingListener.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("state fc1.weight: expected 9x14, found nothing");
  }

  @Test
  void aDamagedFileIsRefusedInOneLine() throws Exception {
    StepKeeper keeper = new StepKeeper();
    trainer.train(RICH.withEpochs(1), keeper);
    byte[] whole = Files.readAllBytes(keeper.files.get(7));
    Path damaged = folder.resolve("damaged.safetensors");
    SplittableRandom random = new SplittableRandom(4);
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = whole.clone();
      int at = random.nextInt(bytes.length);
      bytes[at] ^= (byte) (1 << random.nextInt(8));
      if (i % 4 == 0) {
        bytes = Arrays.copyOf(bytes, at);
      }
      Files.write(damaged, bytes);
      try {
        // A flip that the JSON does not show, such as 1e-2 as 1E-2, leaves the same content.
        assertThat(Checkpoint.read(damaged)).isEqualTo(Checkpoint.read(keeper.files.get(7)));
      } catch (IOException e) {
        refused++;
        assertThat(e.getMessage()).doesNotContain("\n").contains("expected", "found");
      }
    }
    assertThat(refused).isGreaterThan(1950);
  }

  @Test
  void foreignFilesAreRefusedInOneLine() throws Exception {
    Path foreign = folder.resolve("foreign.safetensors");
    SafetensorsFile.write(
        foreign,
        Map.of("w", SafetensorsFile.Tensor.of(Matrix.of(1, 2, 3, 4))),
        Map.of("format", "pt"));
    assertThatThrownBy(() -> Checkpoint.read(foreign))
        .isInstanceOf(IOException.class)
        .hasMessage(
            foreign + ": metadata: expected rankfall.checkpoint, found none: not a checkpoint");
    Path missing = folder.resolve("missing.safetensors");
    assertThatThrownBy(() -> Checkpoint.read(missing)).isInstanceOf(IOException.class);
  }

  @Test
  void aRunIsNamedByAllButItsEpochs() {
    // Stores name their runs so: another value here would train everything again.
    assertThat(RICH.id()).isEqualTo("83944818479c5a6c");
    assertThat(RICH.withEpochs(500).id()).isEqualTo(RICH.id());
    assertThat(spec(LearnerKind.FUSED, Normalization.BATCH, 1e-2, 0.8).id())
        .isNotEqualTo(RICH.id());
    assertThat(spec(LearnerKind.DJL, Normalization.BATCH, 1e-2, 0.9).id()).isNotEqualTo(RICH.id());
  }
}
