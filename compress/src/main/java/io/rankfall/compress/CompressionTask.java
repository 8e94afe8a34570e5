package io.rankfall.compress;

import java.io.IOException;
import java.nio.file.Path;

/** A {@link Compression} of one kind of file; what becomes of it is decided when this is made. */
sealed interface CompressionTask permits CompressionRun, SafetensorsRun {

  static CompressionTask of(Compression wanted) throws IOException {
    return SafetensorsSource.isNamed(wanted.file)
        ? new SafetensorsRun(wanted)
        : new CompressionRun(wanted);
  }

  /** Fails unless the goal is met. */
  void requireMet() throws BudgetException;

  /** What would be written. */
  CompressionReport planned() throws IOException;

  /** Writes the smaller model, whole or not at all, and measures it. */
  CompressionReport write(Path out) throws IOException;
}
