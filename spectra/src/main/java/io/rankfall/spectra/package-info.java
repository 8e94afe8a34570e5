/**
 * Singular values, ranks and low-rank factors of weight matrices.
 *
 * <p>Weights are single precision ({@link io.rankfall.spectra.Matrix}); results are accurate to
 * 1e-6·σ₁ or better. {@link io.rankfall.spectra.Spectrum} holds the singular values and every
 * quantity defined on them, {@link io.rankfall.spectra.RankRule} the ways to count them, {@link
 * io.rankfall.spectra.Rank} a count alone, {@link io.rankfall.spectra.Truncation} the best factors
 * of every rank.
 */
@NullMarked
package io.rankfall.spectra;

import org.jspecify.annotations.NullMarked;
