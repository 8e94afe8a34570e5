package io.rankfall.compress;

/** Hears how a compression goes on; every method does nothing by default. */
public interface CompressionListener {
  /** Nobody listens. */
  CompressionListener NONE = new CompressionListener() {};

  /** A stage begins, for example {@code "timing layers"}. */
  default void onStage(String stage) {}

  /** So much of the stage's work is done, from one thread at a time. */
  default void onProgress(double done, double total) {}

  /** One model on the way to the goal was measured. */
  default void onTrial(CompressionReport.Trial trial) {}

  /** Something that the user should know, one line. */
  default void onNote(String note) {}
}
