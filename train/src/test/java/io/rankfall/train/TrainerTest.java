package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TrainerTest {
  private static final int FEATURES = 12;

  private final Dataset dataset = blobs();
  private final Trainer trainer = new Trainer(dataset);

  @Test
  void learnsAndRecordsEveryEpochWithWholeSpectra() throws InterruptedException {
    List<EpochRecord> heard = new ArrayList<>();
    Run run = trainer.train(spec(0.1, 3), heard::add);

    assertThat(run.outcome()).isInstanceOf(RunOutcome.Completed.class);
    assertThat(run.epochs()).isEqualTo(heard);
    assertThat(run.epochs()).extracting(EpochRecord::epoch).containsExactly(0, 1, 2, 3);
    assertThat(run.epochs().get(0).training()).isNull();
    assertThat(run.epochs().get(3).test().accuracy()).isGreaterThan(0.95);
    assertThat(run.epochs().get(3).learningRate()).isEqualTo(0.1 * 0.5);
    for (EpochRecord epoch : run.epochs()) {
      assertThat(epoch.layers()).extracting(LayerSpectrum::name).containsExactly("fc1", "fc2");
      assertThat(epoch.layers().get(0).spectrum().size()).isEqualTo(FEATURES);
      assertThat(epoch.layers().get(1).spectrum().size()).isEqualTo(3);
    }
    Network network = ((RunOutcome.Completed) run.outcome()).network();
    assertThat(run.epochs().get(3).layers()).isEqualTo(RankProbe.measure(network));
  }

  @Test
  void theSameSpecGivesTheSameBitsAndAnotherSeedOthers() throws InterruptedException {
    RunSpec spec = spec(0.1, 2);
    Run first = trainer.train(spec, TrainingListener.NONE);
    Run second = trainer.train(spec, TrainingListener.NONE);
    assertThat(second.outcome()).isEqualTo(first.outcome());
    assertThat(second.epochs()).isEqualTo(first.epochs());

    RunSpec other =
        new RunSpec(
            spec.dataset(),
            spec.architecture(),
            spec.initialization(),
            spec.batchSize(),
            spec.optimizer(),
            spec.epochs(),
            spec.seed() + 1,
            spec.learner());
    assertThat(trainer.train(other, TrainingListener.NONE).outcome()).isNotEqualTo(first.outcome());
  }

  @Test
  void aDivergedTrainingIsAnOutcomeWithItsEpochAndStep() throws InterruptedException {
    List<RunOutcome> heard = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onEpoch(EpochRecord record) {}

          @Override
          public void onDiverged(RunOutcome.Diverged outcome) {
            heard.add(outcome);
          }
        };
    Run run = trainer.train(spec(1e8, 3), listener.andThen(listener));
    assertThat(run.outcome()).isInstanceOf(RunOutcome.Diverged.class);
    assertThat(heard).containsExactly(run.outcome(), run.outcome());
    RunOutcome.Diverged diverged = (RunOutcome.Diverged) run.outcome();
    assertThat(diverged.epoch()).isEqualTo(1);
    assertThat(diverged.step()).isBetween(2, 13);
    assertThat(diverged.message())
        .startsWith("epoch 1, step " + diverged.step() + ": ")
        .containsPattern("NaN|Infinity");
    assertThat(run.epochs()).extracting(EpochRecord::epoch).containsExactly(0);
  }

  @Test
  void anEpochVisitsEveryExampleOnceInAnOrderOfItsOwn() {
    int[] first = Trainer.order(1000, 7, 1);
    assertThat(first).isEqualTo(Trainer.order(1000, 7, 1));
    assertThat(first).isNotEqualTo(Trainer.order(1000, 7, 2));
    assertThat(first).isNotEqualTo(Trainer.order(1000, 8, 1));
    assertThat(first.clone()).doesNotHaveDuplicates().hasSize(1000);
    assertThat(java.util.Arrays.stream(first).min()).hasValue(0);
    assertThat(java.util.Arrays.stream(first).max()).hasValue(999);
  }

  @Test
  void anInterruptedTrainingIsAbandoned() {
    assertThatThrownBy(
            () ->
                trainer.train(
                    spec(0.1, 3),
                    record -> {
                      if (record.epoch() == 1) {
                        Thread.currentThread().interrupt();
                      }
                    }))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void refusesWhatDoesNotFitTheData() {
    RunSpec spec = spec(0.1, 1);
    RunSpec wide =
        new RunSpec(
            "blobs",
            new Mlp(FEATURES + 1, List.of(4), 3, Mlp.Normalization.NONE),
            Initialization.HE,
            8,
            spec.optimizer(),
            1,
            1,
            LearnerKind.FUSED);
    assertThatThrownBy(() -> trainer.train(wide, TrainingListener.NONE))
        .hasMessage("architecture 13-4-3: expected 12 inputs and 3 outputs for blobs");
    RunSpec huge =
        new RunSpec(
            "blobs",
            spec.architecture(),
            Initialization.HE,
            401,
            spec.optimizer(),
            1,
            1,
            LearnerKind.FUSED);
    assertThatThrownBy(() -> trainer.train(huge, TrainingListener.NONE))
        .hasMessage("batch size: expected at most the 400 training examples, found 401");
  }

  private static RunSpec spec(double learningRate, int epochs) {
    return new RunSpec(
        "blobs",
        new Mlp(FEATURES, List.of(20), 3, Mlp.Normalization.NONE),
        Initialization.HE,
        32,
        new Optimizer(learningRate, 1e-9, 0, new StepSchedule(List.of(2), 0.5)),
        epochs,
        5,
        LearnerKind.FUSED);
  }

  /** Three Gaussian clouds; 400 training examples end with a short batch of 16. */
  private static Dataset blobs() {
    return new Dataset("blobs", cloud(400, 1), cloud(200, 2), "none");
  }

  private static Examples cloud(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[size * FEATURES];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) (i % 3);
      for (int j = 0; j < FEATURES; j++) {
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + (j % 3 == labels[i] ? 2 : 0));
      }
    }
    return Examples.of(FEATURES, 3, inputs, labels);
  }
}
