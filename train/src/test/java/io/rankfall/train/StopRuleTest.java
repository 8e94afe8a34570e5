package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.StopRule.Goal;
import io.rankfall.train.StopRule.Patience;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class StopRuleTest {
  private static final double ANY = Double.POSITIVE_INFINITY;
  private static final RankRule RULE = RankRule.FROBENIUS_HUNDREDTH;

  /** An epoch whose hidden matrices, 4×4, have these ranks, with a classifier of rank 3. */
  private static EpochRecord epoch(int number, double accuracy, int... ranks) {
    List<LayerSpectrum> layers = new ArrayList<>();
    for (int rank : ranks) {
      double[] sigma = new double[4];
      Arrays.fill(sigma, 0, rank, 1);
      layers.add(new LayerSpectrum("fc" + layers.size(), Spectrum.of(4, 4, sigma)));
    }
    layers.add(new LayerSpectrum("last", Spectrum.of(3, 4, new double[] {1, 1, 1})));
    return new EpochRecord(number, 0.1, null, new Evaluation(1, accuracy), layers);
  }

  private static List<EpochRecord> accuracies(double... accuracies) {
    List<EpochRecord> epochs = new ArrayList<>();
    for (double accuracy : accuracies) {
      epochs.add(epoch(epochs.size(), accuracy, 4));
    }
    return epochs;
  }

  @Test
  void aGoalIsTheMeanRankOfAllButTheClassifier() {
    List<EpochRecord> epochs = List.of(epoch(0, 0.1, 4, 4), epoch(1, 0.1, 1, 2));
    assertThat(new Goal(1.5, RULE, 0).reason(epochs)).isEqualTo("mean rank 1.5, goal 1.5");
    assertThat(new Goal(1.4, RULE, 0).reason(epochs)).isNull();
    assertThat(new Goal(20, RULE, 0).reason(epochs)).isEqualTo("mean rank 1.5, goal 20");
  }

  @Test
  void shortcutsAndProductsCountInNoMean() {
    EpochRecord plain = epoch(1, 0.1, 1, 2);
    List<LayerSpectrum> layers = new ArrayList<>();
    for (String name : List.of("stage2.block1.shortcut", "block1.head1.Wo·Wv")) {
      layers.add(new LayerSpectrum(name, Spectrum.of(4, 4, new double[] {1, 1, 1, 1})));
    }
    layers.addAll(plain.layers());
    EpochRecord residual = new EpochRecord(1, 0.1, null, plain.test(), layers);

    assertThat(residual.meanRank(RULE)).isEqualTo(plain.meanRank(RULE)).isEqualTo(1.5);
    assertThat(new Goal(1.5, RULE, 0).reason(List.of(plain, residual)))
        .isEqualTo("mean rank 1.5, goal 1.5");
  }

  @Test
  void rankAndAccuracyHaveToHoldInTheSameEpoch() {
    Goal goal = new Goal(2, RULE, 0.9);
    assertThat(goal.reason(List.of(epoch(0, 0.9, 3), epoch(1, 0.89, 2)))).isNull();
    assertThat(goal.reason(List.of(epoch(0, 0.9, 3), epoch(1, 0.9, 3)))).isNull();
    assertThat(goal.reason(List.of(epoch(0, 0.1, 3), epoch(1, 0.9, 2))))
        .isEqualTo("mean rank 2.0, goal 2; test accuracy 0.9000, goal 0.9");
    assertThat(new Goal(ANY, RULE, 0.9).reason(List.of(epoch(0, 0.95, 3))))
        .isEqualTo("test accuracy 0.9500, goal 0.9");
  }

  @Test
  void patienceCountsEpochsSinceTheEarliestBest() {
    Patience patience = new Patience(2);
    assertThat(patience.reason(accuracies(0.1, 0.5, 0.4))).isNull();
    assertThat(patience.reason(accuracies(0.1, 0.5, 0.4, 0.5)))
        .isEqualTo("no better test accuracy than 0.5000 of epoch 1 for 2 epochs");
    assertThat(patience.reason(accuracies(0.1, 0.5, 0.4, 0.6))).isNull();
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> new Goal(-1, RULE, 0))
        .hasMessage("goal: expected a rank >= 0, found -1.0");
    assertThatThrownBy(() -> new Goal(ANY, RULE, 88))
        .hasMessage("goal: expected an accuracy from 0 to 1, found 88.0");
    assertThatThrownBy(() -> new Patience(0)).hasMessage("patience: expected >= 1 epoch, found 0");
  }

  /** What a training on clouds that are easy to tell apart does when it may stop. */
  @Test
  void aTrainingEndsWhereItsRuleSaysAlsoWhenResumed() throws InterruptedException {
    Dataset data =
        new Dataset("noise", Cases.noise(200, 8, 3, 1), Cases.noise(100, 8, 3, 2), "none");
    Trainer trainer = new Trainer(data);
    RunSpec spec =
        new RunSpec(
            "noise",
            new Mlp(8, List.of(16), 3, Mlp.Normalization.NONE),
            Initialization.HE,
            8,
            Cases.optimizer(0.1, 0, 0),
            40,
            1,
            LearnerKind.FUSED);
    List<StopRule> rules = List.of(new Goal(ANY, RULE, 1), new Patience(3));
    List<Checkpoint> checkpoints = new ArrayList<>();
    List<Checkpoint> last = new ArrayList<>();
    TrainingListener keeper =
        new TrainingListener() {
          @Override
          public void onEpoch(EpochRecord record) {}

          @Override
          public void beforeStep(int epoch, int done, Supplier<Checkpoint> checkpoint) {
            if (done == 0 || done == 11) {
              checkpoints.add(checkpoint.get());
            }
          }

          @Override
          public void onTrained(Supplier<Checkpoint> checkpoint) {
            last.add(checkpoint.get());
          }
        };
    Run whole = trainer.train(spec, rules, keeper);
    RunOutcome.Stopped stopped = (RunOutcome.Stopped) whole.outcome();
    assertThat(stopped.rule()).isEqualTo(new Patience(3));
    assertThat(stopped.epoch()).isEqualTo(EpochRecord.best(whole.epochs()).epoch() + 3);
    assertThat(stopped.epoch()).isLessThan(40).isEqualTo(whole.epochs().size() - 1);
    assertThat(stopped.message()).startsWith("epoch %d: no better ".formatted(stopped.epoch()));
    assertThat(last.get(0).network()).isEqualTo(stopped.network());
    // A run of so many epochs has the same network.
    Run same = trainer.train(spec.withEpochs(stopped.epoch()), TrainingListener.NONE);
    assertThat(((RunOutcome.Trained) same.outcome()).network()).isEqualTo(stopped.network());
    checkpoints.addAll(last);
    for (Checkpoint from : checkpoints) {
      Run resumed = trainer.resume(from, 40, rules, TrainingListener.NONE);
      assertThat(resumed.outcome()).isEqualTo(stopped);
      assertThat(resumed.epochs()).isEqualTo(whole.epochs());
    }
  }
}
