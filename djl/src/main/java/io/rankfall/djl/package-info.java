/** DJL blocks as weight matrices: {@link io.rankfall.djl.BlockWeights}. */
@NullMarked
package io.rankfall.djl;

import org.jspecify.annotations.NullMarked;
