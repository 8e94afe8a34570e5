package io.rankfall.study.statistics;

/**
 * How many runs there are, and what became of them.
 *
 * @param used in trends, regressions and correlations
 */
public record RunCounts(
    int total, int used, int diverged, int untrained, int failed, int unfinished) {}
