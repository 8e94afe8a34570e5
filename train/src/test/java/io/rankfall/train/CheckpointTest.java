package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.SafetensorsFile;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.Mlp.Normalization;
import io.rankfall.train.graph.Family;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A training goes on from its file as if it had not stopped, and other files are refused. */
class CheckpointTest {
  private static final int FEATURES = 9;
  static final int EPOCHS = 5;

  /** 150 examples end with a short batch of 6. */
  static final Dataset DATASET =
      new Dataset(
          "noise",
          Cases.noise(150, FEATURES, 4, 1),
          Cases.noise(300, FEATURES, 4, 2),
          "a".repeat(64));

  private final Trainer trainer = new Trainer(DATASET);

  @TempDir private Path folder = Path.of("");

  static RunSpec spec(
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

  static final RunSpec RICH = spec(LearnerKind.FUSED, Normalization.BATCH, 1e-2, 0.9);

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

  @ParameterizedTest
  @CsvSource({
    "FUSED, NESTEROV, 0.9, 0",
    "DJL,   NESTEROV, 0.9, 0",
    "DJL,   SGD,      0.9, 0.5",
    "DJL,   ADAMW,    0,   0.5",
    "DJL,   MUON,     0,   0"
  })
  void everyOptimizerGoesOnToTheBit(
      LearnerKind learner, Optimizer.Method method, double momentum, double clipNorm)
      throws Exception {
    Schedule schedule = new WarmUp(2, new CosineSchedule(6, 0.1));
    Optimizer optimizer =
        new Optimizer(0.02, 0.5, momentum, schedule, method, Optimizer.DecayOn.MATRICES, clipNorm);
    Mlp mlp = new Mlp(FEATURES, List.of(14, 6), 4, Normalization.BATCH);
    RunSpec spec =
        new RunSpec(
            "noise",
            mlp,
            Initialization.HE,
            16,
            optimizer,
            EPOCHS,
            3,
            learner,
            Loss.MSE,
            Augmentation.NONE);
    Keeper keeper = new Keeper();
    Run whole = trainer.train(spec, keeper);
    assertThat(whole.outcome()).isInstanceOf(RunOutcome.Completed.class);
    for (Path file : keeper.files) {
      Checkpoint checkpoint = Checkpoint.read(file);
      assertThat(checkpoint.spec()).isEqualTo(spec);
      Run resumed = trainer.resume(checkpoint, EPOCHS, TrainingListener.NONE);
      assertThat(resumed.outcome()).as("from %s", file).isEqualTo(whole.outcome());
      assertThat(resumed.epochs()).isEqualTo(whole.epochs());
    }
  }

  /** Convolutions, batch and layer norms, attention, embeddings, weight norm. */
  @ParameterizedTest
  @ValueSource(strings = {"CONVNET", "RESNET8", "VIT", "GPT"})
  void everyKindOfLayerGoesOnToTheBit(Family family) throws Exception {
    goesOnToTheBit(ArchitectureTest.small(family));
  }

  @Test
  void normalizedWeightsGoOnToTheBit() throws Exception {
    goesOnToTheBit(
        Architecture.named("mlp:wn,residual,depth=3,width=6", InputShape.flat(FEATURES), 4));
  }

  private void goesOnToTheBit(Architecture architecture) throws Exception {
    Dataset dataset =
        new Dataset(
            "noise", Cases.noise(architecture, 20, 1), Cases.noise(architecture, 8, 2), "none");
    RunSpec spec =
        new RunSpec(
            "noise",
            architecture,
            Initialization.HE,
            8,
            Cases.optimizer(0.05, 1e-2, 0.9),
            2,
            3,
            LearnerKind.DJL);
    Keeper keeper = new Keeper();
    Run whole = new Trainer(dataset).train(spec, keeper);
    assertThat(whole.outcome()).isInstanceOf(RunOutcome.Completed.class);
    for (Path file : keeper.files) {
      Run resumed = new Trainer(dataset).resume(Checkpoint.read(file), 2, TrainingListener.NONE);
      assertThat(resumed.outcome()).as("from %s", file).isEqualTo(whole.outcome());
      assertThat(resumed.epochs()).isEqualTo(whole.epochs());
    }
  }

  @Test
  void aCheckpointOfAnotherFamilyIsRefused() throws Exception {
    Architecture vit = ArchitectureTest.small(Family.VIT);
    Dataset dataset = new Dataset("noise", Cases.noise(vit, 8, 1), Cases.noise(vit, 8, 2), "none");
    RunSpec spec =
        new RunSpec(
            "noise", vit, Initialization.HE, 8, Cases.optimizer(0.05, 0, 0), 1, 3, LearnerKind.DJL);
    Keeper keeper = new Keeper();
    new Trainer(dataset).train(spec, keeper);
    Checkpoint checkpoint = Checkpoint.read(keeper.files.get(1));
    Architecture convnet = ArchitectureTest.small(Family.CONVNET);

    assertThat(checkpoint.difference(spec.with(convnet, spec.optimizer(), 1)))
        .startsWith("architecture")
        .contains("expected vit")
        .contains("found convnet");
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
