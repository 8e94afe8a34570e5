package io.rankfall.cli;

/** Options that are each valid and do not go together, or a value that the library refused. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UsageException(String message) {
    super(message);
  }
}
