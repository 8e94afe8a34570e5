package io.rankfall.train.theory;

import java.util.List;

/**
 * What a {@link TheoryProbe} looks at.
 *
 * @param epsilons ε of the bounds, each above 0 and below 1
 * @param gradientSamples at how many steps, evenly spread, the rank of the gradients is measured
 * @param memory for the gradients' factors of the last steps, in bytes: how far back the witness
 *     and the identity can reach
 * @param witnessPoints of the witness's curve for each factor of ten in steps; 0 for no witness,
 *     which costs a few seconds at the end
 */
public record TheorySettings(
    List<Double> epsilons, int gradientSamples, long memory, int witnessPoints) {
  public static final TheorySettings DEFAULT =
      new TheorySettings(List.of(0.1, 0.01, 0.001), 32, 256L << 20, 3);

  /** Without the witness: what every training can carry along. */
  public static final TheorySettings LIGHT =
      new TheorySettings(DEFAULT.epsilons, DEFAULT.gradientSamples, 64L << 20, 0);

  public TheorySettings {
    epsilons = List.copyOf(epsilons);
    if (epsilons.isEmpty()) {
      throw new IllegalArgumentException("epsilon: expected at least one, found none");
    }
    epsilons.forEach(MemoryWindow::requireEpsilon);
    if (gradientSamples < 1) {
      throw new IllegalArgumentException("samples: expected >= 1, found " + gradientSamples);
    }
    if (memory < 1) {
      throw new IllegalArgumentException("memory: expected >= 1 byte, found " + memory);
    }
    if (witnessPoints < 0) {
      throw new IllegalArgumentException("witness points: expected >= 0, found " + witnessPoints);
    }
  }
}
