/**
 * The theory of Galanti, Siegel, Gupte and Poggio (arXiv 2206.05794) held against real trainings:
 * weights are a fading sum of gradients of low rank.
 *
 * <p>{@link io.rankfall.train.theory.MemoryWindow} says how many of the last steps matter, {@link
 * io.rankfall.train.theory.RankBound} what rank they can make, {@link
 * io.rankfall.train.theory.BoundCheck} whether a measured rank keeps to it. Derivations stand in
 * {@code docs/theory.md}.
 */
@NullMarked
package io.rankfall.train.theory;

import org.jspecify.annotations.NullMarked;
