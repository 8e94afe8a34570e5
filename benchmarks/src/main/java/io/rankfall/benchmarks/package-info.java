/** JMH benchmarks of the training step and of spectra; nothing depends on them. */
@NullMarked
package io.rankfall.benchmarks;

import org.jspecify.annotations.NullMarked;
