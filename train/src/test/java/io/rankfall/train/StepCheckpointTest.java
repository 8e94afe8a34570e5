package io.rankfall.train;

import static io.rankfall.train.CheckpointTest.DATASET;
import static io.rankfall.train.CheckpointTest.EPOCHS;
import static io.rankfall.train.CheckpointTest.RICH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.train.Mlp.Normalization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints between two steps, ten an epoch, of {@link CheckpointTest}'s training. */
class StepCheckpointTest {
  private final Trainer trainer = new Trainer(DATASET);

  @TempDir private Path folder = Path.of("");

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
        throw new UncheckedIOException(e);
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
    RunSpec spec = CheckpointTest.spec(learner, normalization, weightDecay, momentum);
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
}
