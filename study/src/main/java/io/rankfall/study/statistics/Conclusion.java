package io.rankfall.study.statistics;

/**
 * A claim of the paper, what the runs say to it, and with which numbers.
 *
 * @param id stable, for reports
 * @param text a sentence for the reader
 */
public record Conclusion(String id, Verdict verdict, String text) {

  /** What the runs say. */
  public enum Verdict {
    SUPPORTED,
    /** The opposite is found. */
    CONTRADICTED,
    /** Neither is found: too few runs, too much noise, or no effect. */
    OPEN
  }
}
