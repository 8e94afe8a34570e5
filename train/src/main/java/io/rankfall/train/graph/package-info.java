/**
 * Networks as graphs of layers: what is computed, from which parameters. Engines run them, files
 * are made of them.
 */
@NullMarked
package io.rankfall.train.graph;

import org.jspecify.annotations.NullMarked;
