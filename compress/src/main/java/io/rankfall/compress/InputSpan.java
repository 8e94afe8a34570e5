package io.rankfall.compress;

import io.rankfall.spectra.SymmetricMatrix;

/**
 * How much of the space of a layer's inputs the calibration showed: eigenvalues λ of their second
 * moment C. Where few directions were seen, factors say nothing of the others; shrinkage keeps C
 * invertible all the same.
 *
 * @param seen examples, tokens or patches
 * @param width n, the layer's inputs
 * @param rank eigenvalues above n·2⁻⁵²·λ₁
 * @param condition λ₁ over the smallest of these, 1 where there is none
 */
public record InputSpan(long seen, int width, int rank, double condition) {

  static InputSpan of(long seen, SymmetricMatrix c) {
    double[] values = c.eigenvalues();
    double least = values.length * Math.ulp(1.0) * values[0];
    int rank = 0;
    while (rank < values.length && values[rank] > least) {
      rank++;
    }
    return new InputSpan(seen, values.length, rank, rank == 0 ? 1 : values[0] / values[rank - 1]);
  }
}
