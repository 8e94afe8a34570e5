package io.rankfall.study.statistics;

import io.rankfall.study.statistics.RunSummary.Measured;
import io.rankfall.study.statistics.RunSummary.Outcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/** Made-up runs for the statistics' tests. */
final class Studies {
  static final int TEST_EXAMPLES = 1000;

  private Studies() {}

  static RunSummary run(
      int batchSize, double learningRate, double weightDecay, long seed, double rank) {
    return run(batchSize, learningRate, weightDecay, seed, rank, 0.85);
  }

  static RunSummary run(
      int batchSize,
      double learningRate,
      double weightDecay,
      long seed,
      double rank,
      double testAccuracy) {
    return new RunSummary(
        "%d-%s-%s-%d".formatted(batchSize, learningRate, weightDecay, seed),
        "mlp",
        batchSize,
        learningRate,
        weightDecay,
        seed,
        Outcome.COMPLETED,
        10,
        new Measured(rank, 0.9, testAccuracy, null));
  }

  /** As a rank, where B, μ and wd are the position on their axes. */
  interface Law {
    double rank(int b, int mu, int wd, SplittableRandom noise);
  }

  /** 3 × 2 × 3 settings with the given number of seeds each. */
  static List<RunSummary> grid(int seeds, long noiseSeed, Law law) {
    SplittableRandom noise = new SplittableRandom(noiseSeed);
    List<RunSummary> runs = new ArrayList<>();
    for (int b = 0; b < 3; b++) {
      for (int mu = 0; mu < 2; mu++) {
        for (int wd = 0; wd < 3; wd++) {
          for (int seed = 1; seed <= seeds; seed++) {
            runs.add(
                run(
                    4 << (2 * b),
                    0.01 * Math.pow(10, mu),
                    1e-3 * Math.pow(2, wd),
                    seed,
                    law.rank(b, mu, wd, noise),
                    0.8 + 0.1 * noise.nextDouble()));
          }
        }
      }
    }
    return runs;
  }

  static RunTable table(List<RunSummary> runs) {
    return new RunTable("made-up ranks", TEST_EXAMPLES, runs);
  }

  static StudyStatistics ask(List<RunSummary> runs) {
    return StudyStatistics.of(table(runs), 7);
  }

  static List<RunSummary> shuffled(List<RunSummary> runs, long seed) {
    List<RunSummary> copy = new ArrayList<>(runs);
    Collections.shuffle(copy, new Random(seed));
    return copy;
  }

  static RunSummary withRank(RunSummary run, UnaryOperator<Double> change) {
    Measured was = run.result();
    return with(
        run,
        new Measured(
            change.apply(was.meanRank()), was.trainAccuracy(), was.testAccuracy(), was.share()));
  }

  /** Searched: the share is made of the rank. */
  static RunSummary withShare(RunSummary run, UnaryOperator<Double> ofRank) {
    Measured was = run.result();
    return with(
        run,
        new Measured(
            was.meanRank(), was.trainAccuracy(), was.testAccuracy(), ofRank.apply(was.meanRank())));
  }

  private static RunSummary with(RunSummary run, Measured measured) {
    return new RunSummary(
        run.id(),
        run.others(),
        run.batchSize(),
        run.learningRate(),
        run.weightDecay(),
        run.seed(),
        run.outcome(),
        run.classes(),
        measured);
  }

  static RunSummary diverged(RunSummary run) {
    return new RunSummary(
        run.id(),
        run.others(),
        run.batchSize(),
        run.learningRate(),
        run.weightDecay(),
        run.seed(),
        Outcome.DIVERGED,
        run.classes(),
        null);
  }
}
