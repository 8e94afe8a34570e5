/** Programs to start from. */
@NullMarked
package io.rankfall.examples;

import org.jspecify.annotations.NullMarked;
