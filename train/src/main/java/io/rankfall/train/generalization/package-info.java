/**
 * What bounds of the literature promise of a trained network's test error, beside what is measured.
 */
@NullMarked
package io.rankfall.train.generalization;

import org.jspecify.annotations.NullMarked;
