package io.rankfall.train;

import io.rankfall.spectra.Spectrum;

/** The singular values of the named layer's weight matrix. */
public record LayerSpectrum(String name, Spectrum spectrum) {}
