package io.rankfall.compress;

import io.rankfall.spectra.Spectrum;

/**
 * One weight matrix of a file.
 *
 * @param rows outputs
 * @param cols inputs
 * @param share its numbers as a share of the file's parameters
 */
public record InspectedMatrix(String name, int rows, int cols, double share, Spectrum spectrum) {}
