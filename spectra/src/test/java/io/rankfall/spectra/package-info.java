@NullMarked
package io.rankfall.spectra;

import org.jspecify.annotations.NullMarked;
