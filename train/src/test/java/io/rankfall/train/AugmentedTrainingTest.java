package io.rankfall.train;

import static io.rankfall.train.AugmentationTest.IMAGES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Trainings whose images change from epoch to epoch. */
final class AugmentedTrainingTest {
  private static final int EPOCHS = 3;
  private static final int BATCH = 16;
  private static final Dataset DATASET =
      new Dataset("stripes", IMAGES.first(100), IMAGES.last(30), "0".repeat(64));

  private final Trainer trainer = new Trainer(DATASET);

  private static RunSpec spec(String augmentation, LearnerKind learner) {
    return new RunSettings()
        .hidden(List.of(9))
        .batchSize(BATCH)
        .epochs(EPOCHS)
        .learningRate(0.05)
        .augmentation(Augmentation.parse(augmentation))
        .learner(learner)
        .spec("stripes", IMAGES.shape(), IMAGES.classes());
  }

  @ParameterizedTest
  @EnumSource(LearnerKind.class)
  void stepsAreMadeOnTheImagesAsEachEpochChangesThem(LearnerKind kind) throws Exception {
    RunSpec spec = spec("crop=2,flip,rotate=10", kind);
    Run run = trainer.train(spec, TrainingListener.NONE);
    try (Learner learner = spec.start()) {
      for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        Examples changed = DATASET.train().augmented(spec.augmentation(), spec.seed(), epoch);
        int[] order = Trainer.order(100, spec.seed(), epoch);
        for (int from = 0; from < 100; from += BATCH) {
          learner.step(new Batch(changed, order, from, Math.min(BATCH, 100 - from)), 0.05);
        }
        assertThat(run.epochs().get(epoch).test()).isEqualTo(learner.evaluate(DATASET.test()));
      }
      assertThat(run.outcome()).isEqualTo(new RunOutcome.Completed(learner.network()));
    }
  }

  @Test
  void goesOnFromTheMiddleOfAnEpochToTheBit() throws Exception {
    RunSpec spec = spec("crop=2,flip,rotate=10", LearnerKind.FUSED);
    Checkpoint[] kept = new Checkpoint[1];
    TrainingListener keeper =
        new TrainingListener() {
          @Override
          public void onEpoch(EpochRecord record) {}

          @Override
          public void beforeStep(
              int epoch, int done, java.util.function.Supplier<Checkpoint> checkpoint) {
            if (epoch == 2 && done == 3) {
              kept[0] = checkpoint.get();
            }
          }
        };
    Run whole = trainer.train(spec, keeper);
    Run resumed = trainer.resume(kept[0], EPOCHS, TrainingListener.NONE);
    assertThat(resumed.outcome()).isEqualTo(whole.outcome());
    assertThat(resumed.epochs()).isEqualTo(whole.epochs());
  }

  @Test
  void aSpecTellsAugmentationsApartAndComesBackFromJson() {
    Set<String> names = new HashSet<>();
    List<String> all = List.of("none", "flip", "crop=1", "crop=2", "rotate=5", "crop=2,flip");
    for (String augmentation : all) {
      RunSpec spec = spec(augmentation, LearnerKind.FUSED);
      names.add(spec.id());
      assertThat(RunSpec.ofJson(spec.json())).isEqualTo(spec);
      assertThat(spec.stepLabel()).isEqualTo(augmentation.equals("none") ? "" : augmentation);
    }
    assertThat(names).hasSize(all.size());
    assertThat(spec("none", LearnerKind.FUSED).json()).doesNotContain("augmentation");
  }

  @Test
  void imagesThatAreTooSmallAreRefusedBeforeTheFirstStep() {
    assertThatThrownBy(
            () -> trainer.train(spec("crop=7", LearnerKind.FUSED), TrainingListener.NONE))
        .hasMessage(
            "augmentation crop=7: expected images of at least 7 pixels a side, found examples of 2x6x8");
  }
}
