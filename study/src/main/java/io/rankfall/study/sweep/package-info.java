/** Sweeps: their specification, and their execution in worker processes. */
@NullMarked
package io.rankfall.study.sweep;

import org.jspecify.annotations.NullMarked;
