@NullMarked
package io.rankfall.spark;

import org.jspecify.annotations.NullMarked;
