package io.rankfall.study.statistics;

/**
 * A slope of a regression.
 *
 * @param name of the predictor
 * @param estimate by how much log rank rises where the predictor rises by 1
 * @param standardError robust to what runs of one setting have in common
 * @param interval by the t distribution
 * @param p two-sided, of a slope of 0
 */
public record Coefficient(
    String name, double estimate, double standardError, Interval interval, double p) {}
