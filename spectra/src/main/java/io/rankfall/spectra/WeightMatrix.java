package io.rankfall.spectra;

/**
 * A layer's weights as one matrix, outputs × inputs, under the name that messages, tables and files
 * use.
 *
 * @param name the layer's name, for example {@code fc2}
 */
public record WeightMatrix(String name, Matrix matrix) {

  /**
   * The singular values.
   *
   * @throws NonFiniteException naming this matrix, if an entry is NaN or infinite
   */
  public Spectrum spectrum() {
    try {
      return Spectrum.of(matrix);
    } catch (NonFiniteException e) {
      throw nonFinite();
    }
  }

  /** This matrix, if every entry is a finite number. */
  public WeightMatrix requireFinite() {
    if (!matrix.isFinite()) {
      throw nonFinite();
    }
    return this;
  }

  private NonFiniteException nonFinite() {
    return new NonFiniteException(
        "weights %s %dx%d: expected finite numbers, found NaN or Inf"
            .formatted(name, matrix.rows(), matrix.cols()));
  }
}
