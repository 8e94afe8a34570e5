package io.rankfall.study.statistics;

/**
 * How two quantities go together.
 *
 * @param coefficient −1 to 1
 * @param interval by Fisher's z; for Spearman's coefficient with Bonett and Wright's variance
 *     (2000)
 * @param p two-sided, of no correlation, by the t distribution
 */
public record Correlation(double coefficient, Interval interval, double p) {}
