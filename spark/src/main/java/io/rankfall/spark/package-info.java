/** Workers of a sweep in the executors of an Apache Spark cluster. */
@NullMarked
package io.rankfall.spark;

import org.jspecify.annotations.NullMarked;
