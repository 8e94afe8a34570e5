package io.rankfall.study.sweep;

import io.rankfall.spectra.WeightMatrix;
import io.rankfall.train.Batch;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a sweep will take, from a short measurement of every kind of training in it.
 *
 * @param trainingSeconds of one core for all runs, if none diverges
 * @param longestSeconds of the longest run
 * @param checkpointBytes of the files from which runs go on, one a run
 * @param studyBytes of the study
 */
public record SweepEstimate(
    double trainingSeconds, double longestSeconds, long checkpointBytes, long studyBytes) {
  private static final double WARM_UP_SECONDS = 0.15;
  private static final double MEASURED_SECONDS = 0.25;

  /** Rows and indices; a singular value takes 3.4 of its four bytes. */
  private static final int BYTES_OF_EPOCH = 200;

  private static final int BYTES_OF_LAYER = 220;
  private static final double BYTES_OF_SIGMA = 3.4;

  /** What decides how long a step takes. */
  private record Kind(
      Mlp architecture,
      int batchSize,
      Optimizer.Method method,
      int copies,
      Clipping clipping,
      LearnerKind learner) {
    static Kind of(RunSpec spec) {
      Optimizer optimizer = spec.optimizer();
      return new Kind(
          spec.architecture(),
          spec.batchSize(),
          optimizer.method(),
          SweepEstimate.copies(optimizer),
          optimizer.clipNorm() == 0 ? Clipping.NONE : Clipping.SOME,
          spec.learner());
    }
  }

  private enum Clipping {
    NONE,
    SOME
  }

  /** Seconds until all is done with so many workers. */
  public double seconds(int workers) {
    return Math.max(longestSeconds, trainingSeconds / workers);
  }

  /** Measures for about half a second a kind of training. */
  public static SweepEstimate measure(SweepSpec sweep, Dataset dataset) {
    Map<Kind, Double> secondsOfEpoch = new HashMap<>();
    double training = 0;
    double longest = 0;
    double checkpoints = 0;
    double study = 0;
    for (RunSpec run : sweep.runs()) {
      double seconds =
          run.epochs()
              * secondsOfEpoch.computeIfAbsent(Kind.of(run), kind -> secondsOfEpoch(run, dataset));
      training += seconds;
      longest = Math.max(longest, seconds);
      checkpoints += checkpointBytes(run);
      study += studyBytes(run, sweep.spectraEvery());
    }
    return new SweepEstimate(training, longest, (long) checkpoints, (long) study);
  }

  private static double secondsOfEpoch(RunSpec spec, Dataset dataset) {
    Examples train = dataset.train();
    int size = Math.min(spec.batchSize(), train.size());
    Batch batch = Batch.range(train, 0, size);
    try (Learner learner =
        spec.learner()
            .start(
                spec.architecture().initialize(spec.initialization(), spec.seed()),
                spec.optimizer(),
                spec.loss(),
                size)) {
      secondsOfStep(learner, batch, WARM_UP_SECONDS);
      double step = secondsOfStep(learner, batch, MEASURED_SECONDS);
      long start = System.nanoTime();
      learner.evaluate(dataset.test());
      learner.network().weightMatrices().forEach(WeightMatrix::spectrum);
      double look = (System.nanoTime() - start) * 1e-9;
      return step * Math.ceil((double) train.size() / size) + look;
    }
  }

  private static double secondsOfStep(Learner learner, Batch batch, double seconds) {
    long start = System.nanoTime();
    int steps = 0;
    do {
      // So small a rate that nothing diverges.
      learner.step(batch, 1e-6);
      steps++;
    } while ((System.nanoTime() - start) * 1e-9 < seconds);
    return (System.nanoTime() - start) * 1e-9 / steps;
  }

  private static double checkpointBytes(RunSpec run) {
    int copies = copies(run.optimizer());
    long spectra = singularValues(run) * (run.epochs() + 1L);
    return Float.BYTES * (run.architecture().parameters() * (double) copies + spectra);
  }

  /** Of numbers a parameter that the next step needs: the weights, and what an update remembers. */
  private static int copies(Optimizer optimizer) {
    return switch (optimizer.method()) {
      case SGD, NESTEROV -> optimizer.momentum() == 0 ? 1 : 2;
      case MUON -> 2;
      case ADAMW -> 3;
    };
  }

  private static double studyBytes(RunSpec run, int spectraEvery) {
    int layers = run.architecture().widths().size() - 1;
    double kept = (double) run.epochs() / spectraEvery + 2;
    return run.epochs() * (double) (BYTES_OF_EPOCH + layers * BYTES_OF_LAYER)
        + kept * (singularValues(run) * BYTES_OF_SIGMA + layers * (double) BYTES_OF_EPOCH);
  }

  private static long singularValues(RunSpec run) {
    List<Integer> widths = run.architecture().widths();
    long sum = 0;
    for (int l = 1; l < widths.size(); l++) {
      sum += Math.min(widths.get(l - 1), widths.get(l));
    }
    return sum;
  }
}
