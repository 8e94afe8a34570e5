package io.rankfall.compress;

/**
 * A weight that is not compressed.
 *
 * @param name the tensor's name in the file
 * @param shape for example {@code 64x3x7x7}
 * @param reason one line for the user
 */
public record SkippedWeight(String name, String shape, String reason) {}
