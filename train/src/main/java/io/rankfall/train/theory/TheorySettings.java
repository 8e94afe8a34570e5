package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

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
    List<Double> epsilons, int gradientSamples, long memory, int witnessPoints, Depth depth) {

  /** How much of a training is looked at within the other settings. */
  public enum Depth {
    /**
     * The identity at up to four ends of epochs, the last one among them, over 1, 10, 100 … steps;
     * exact ranks of products of up to {@value GradientRank#MOST_EXACT} factors; after each epoch
     * how far the next step moves.
     */
    FULL,
    /**
     * Every bound, but of what costs as much as some steps, no more than a hundredth of the steps:
     * gradient ranks at one step in a hundred at most; the identity at the ends of the first and
     * the last epoch, over 1 step and a hundredth of an epoch's; exact ranks of products of up to
     * {@value GradientRank#FEW_EXACT} factors; no movement.
     */
    LIGHT
  }

  public static final TheorySettings DEFAULT =
      new TheorySettings(List.of(0.1, 0.01, 0.001), 32, 256L << 20, 3, Depth.FULL);

  /** What every training can carry along: no witness, and the rest at {@link Depth#LIGHT}. */
  public static final TheorySettings LIGHT =
      new TheorySettings(DEFAULT.epsilons, 8, 64L << 20, 0, Depth.LIGHT);

  public TheorySettings {
    epsilons = List.copyOf(epsilons);
    requireNonNull(depth, "depth");
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
