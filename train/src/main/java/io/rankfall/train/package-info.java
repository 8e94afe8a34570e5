/**
 * Data sets, architectures, SGD learners and the rank probe: from a {@link
 * io.rankfall.train.RunSpec} to a {@link io.rankfall.train.Run}.
 */
@NullMarked
package io.rankfall.train;

import org.jspecify.annotations.NullMarked;
