/** The {@code rankfall} command: each subcommand parses, makes one library call and prints. */
@NullMarked
package io.rankfall.cli;

import org.jspecify.annotations.NullMarked;
