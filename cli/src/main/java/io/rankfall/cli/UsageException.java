package io.rankfall.cli;

import java.util.function.Supplier;

/** Options that are each valid and do not go together, or a value that the library refused. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * What {@code made} gives.
   *
   * @throws UsageException if the library refuses the values of the options
   */
  static <T> T ifRefused(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  UsageException(String message) {
    super(message);
  }
}
