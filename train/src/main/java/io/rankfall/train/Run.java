package io.rankfall.train;

import java.util.List;

/**
 * A finished training.
 *
 * @param epochs from epoch 0 on; those after a divergence are missing
 * @param seconds of wall-clock time, evaluation and spectra included
 */
public record Run(RunSpec spec, RunOutcome outcome, List<EpochRecord> epochs, double seconds) {
  public Run {
    epochs = List.copyOf(epochs);
  }
}
