/**
 * Data sets by name or path: {@link io.rankfall.train.data.Datasets} reads the published formats of
 * the known ones, and folders of images, arrays and texts of one's own.
 */
@NullMarked
package io.rankfall.train.data;

import org.jspecify.annotations.NullMarked;
