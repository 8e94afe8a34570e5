package io.rankfall.compress;

/**
 * A weight that is not inspected or not compressed.
 *
 * @param name the tensor's name in the file
 * @param shape for example {@code 64x3x7x7}
 * @param reason one line for the user
 */
public record SkippedWeight(String name, String shape, String reason) {
  /** With texts from a file, which may hold anything, made one line each. */
  static SkippedWeight of(String name, String shape, String reason) {
    return new SkippedWeight(
        ModelFormatException.oneLine(name), shape, ModelFormatException.oneLine(reason));
  }
}
