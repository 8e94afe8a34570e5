@NullMarked
package io.rankfall.cli;

import org.jspecify.annotations.NullMarked;
