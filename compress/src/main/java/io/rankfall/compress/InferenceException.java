package io.rankfall.compress;

/** ONNX Runtime refused to run a model on the given input. The message is one line. */
public final class InferenceException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  InferenceException(String message, Throwable cause) {
    super(ModelFormatException.oneLine(message), cause);
  }
}
