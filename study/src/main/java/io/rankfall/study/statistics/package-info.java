/** What the runs of a study say about rank: trends, regressions, correlations, compressibility. */
@NullMarked
package io.rankfall.study.statistics;

import org.jspecify.annotations.NullMarked;
