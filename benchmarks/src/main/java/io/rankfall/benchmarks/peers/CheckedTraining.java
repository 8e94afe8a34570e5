package io.rankfall.benchmarks.peers;

import io.rankfall.train.Assembly;
import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.theory.TheoryProbe;
import io.rankfall.train.theory.TheorySettings;

/**
 * A whole training of one epoch, spectra and accuracy at its end included, with or without what
 * {@link TheorySettings#LIGHT} holds against it. One epoch is the hardest case: the identity looks
 * at two ends of epochs, however many there are.
 */
final class CheckedTraining implements Contender {
  private final Dataset dataset;
  private final RunSpec spec;
  private final boolean checked;
  private final Trainer trainer;

  CheckedTraining(Steps steps, Dataset dataset, boolean checked) {
    this.dataset = dataset;
    this.spec =
        new RunSpec(
            dataset.name(),
            steps.architecture(),
            Initialization.PYTORCH,
            steps.batch(),
            steps.optimizer(),
            1,
            1,
            LearnerKind.FUSED);
    this.checked = checked;
    this.trainer = new Trainer(dataset, Assembly.IN_TURN);
  }

  @Override
  public double measure(double seconds) throws Exception {
    return Contender.repeat(this::train, seconds);
  }

  private void train() throws InterruptedException {
    if (checked) {
      TheoryProbe probe = new TheoryProbe(spec, dataset, TheorySettings.LIGHT);
      probe.report(trainer.train(spec, probe).outcome());
    } else {
      trainer.train(spec, TrainingListener.NONE);
    }
  }
}
