/** Runs, exports, compares and reports trainings. */
@NullMarked
package io.rankfall.study;

import org.jspecify.annotations.NullMarked;
