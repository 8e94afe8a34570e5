package io.rankfall.study.statistics;

import org.jspecify.annotations.Nullable;

/**
 * The trend of rank or share along one axis while all else but the seed is the same.
 *
 * @param fixed the settings that are the same
 * @param levels how many values of the axis there are
 * @param tau Kendall's τ-b of axis and response; null if all responses are the same
 */
public record BlockTrend(String fixed, int runs, int levels, @Nullable Double tau) {}
