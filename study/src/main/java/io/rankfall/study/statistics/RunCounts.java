package io.rankfall.study.statistics;

/**
 * How many runs there are, and what became of them.
 *
 * @param used in trends, regressions and correlations
 * @param searched of those used: in the ones of the share of parameters needed
 */
public record RunCounts(
    int total, int used, int searched, int diverged, int untrained, int failed, int unfinished) {}
