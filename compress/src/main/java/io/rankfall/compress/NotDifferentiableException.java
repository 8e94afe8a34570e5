package io.rankfall.compress;

/** The gradients of a model's outputs cannot be computed. The message is one line. */
public final class NotDifferentiableException extends Exception {
  private static final long serialVersionUID = 1;

  NotDifferentiableException(String message) {
    super(ModelFormatException.oneLine(message));
  }
}
