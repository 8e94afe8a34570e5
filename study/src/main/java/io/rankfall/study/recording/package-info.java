/** Trainings of a small layer, recorded frame by frame to be played again. */
@NullMarked
package io.rankfall.study.recording;

import org.jspecify.annotations.NullMarked;
