package io.rankfall.spectra;

/** Numbers that should be finite are NaN or infinite. */
public final class NonFiniteException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public NonFiniteException(String message) {
    super(message);
  }
}
