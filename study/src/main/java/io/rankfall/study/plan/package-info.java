/** Which settings to train with for a wanted rank, as the runs of a study tell. */
@NullMarked
package io.rankfall.study.plan;

import org.jspecify.annotations.NullMarked;
