package io.rankfall.train;

/**
 * How a network does on a set of examples.
 *
 * @param loss mean cross-entropy in nats
 * @param accuracy share of examples classified correctly, 0 to 1
 */
public record Evaluation(double loss, double accuracy) {}
