package io.rankfall.benchmarks.peers;

import io.rankfall.spectra.WeightMatrix;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;

/**
 * The steps of one epoch of 60,000 examples, with or without the singular values of every matrix at
 * its end. It is repeated as a whole, however short the time.
 */
final class Epoch implements Contender {
  private static final int EXAMPLES = 60_000;

  private final Steps steps;
  private final Steps.Batches batches;
  private final boolean probed;
  private final Learner learner;

  Epoch(Steps steps, Examples examples, boolean probed) {
    this.steps = steps;
    this.batches = new Steps.Batches(examples, steps.batch());
    this.probed = probed;
    this.learner =
        LearnerKind.FUSED.start(
            steps.architecture().initialize(Initialization.PYTORCH, 1),
            steps.optimizer(),
            steps.batch());
  }

  @Override
  public double measure(double seconds) throws Exception {
    return Contender.repeat(this::epoch, seconds);
  }

  private void epoch() {
    for (int done = 0; done < EXAMPLES; done += steps.batch()) {
      learner.step(batches.next(), Steps.LEARNING_RATE);
    }
    if (probed) {
      learner.network().weightMatrices().forEach(WeightMatrix::spectrum);
    }
  }

  @Override
  public void close() {
    learner.close();
  }
}
