package io.rankfall.train;

/**
 * What one step saw before it moved.
 *
 * @param loss mean cross-entropy of the batch in nats
 * @param correct how many examples were classified correctly
 */
public record StepResult(double loss, int correct) {}
