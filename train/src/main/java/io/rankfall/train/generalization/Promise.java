package io.rankfall.train.generalization;

/**
 * What a theorem promises of a network.
 *
 * @param id for machines: {@code spectral}
 * @param kind what {@code value} is
 * @param value ≥ 0; may be infinite
 * @param formula as executed, in the notation of {@link GeneralizationBounds}
 * @param source paper and theorem
 */
public record Promise(String id, Kind kind, double value, String formula, String source) {

  /** How much of a theorem a number is. */
  public enum Kind {
    /**
     * With all constants: the test error is at most the training margin error plus this, with the
     * stated confidence, over all networks of these norms.
     */
    BOUND,
    /** The dominating term alone: constants, logarithms or both are left out or unknown. */
    DOMINATING_TERM
  }

  public Promise {
    if (!(value >= 0)) {
      throw new IllegalArgumentException("%s: expected 0 or more, found %s".formatted(id, value));
    }
  }
}
