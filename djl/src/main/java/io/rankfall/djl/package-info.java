/**
 * DJL blocks: their weight matrices ({@link io.rankfall.djl.BlockWeights}), the ranks of these in
 * training ({@link io.rankfall.djl.RankListener}), and smaller blocks made of them ({@link
 * io.rankfall.djl.LowRankBlocks}).
 */
@NullMarked
package io.rankfall.djl;

import org.jspecify.annotations.NullMarked;
