/** Which settings a training needs so that its rank is bounded, and what they cost. */
@NullMarked
package io.rankfall.train.plan;

import org.jspecify.annotations.NullMarked;
