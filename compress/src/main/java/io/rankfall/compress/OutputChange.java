package io.rankfall.compress;

/**
 * How far a model's first output is from the dense model's on the same examples; rows run along its
 * last dimension, padded positions left out.
 *
 * @param relative ‖Ŷ − Y‖_F/‖Y‖_F over all rows
 * @param cosine mean over rows of ŷ·y/(‖ŷ‖·‖y‖), 1 for two zero rows and 0 for one
 * @param agreement share of rows whose largest entry is the same one
 */
public record OutputChange(double relative, double cosine, double agreement) {

  /**
   * Compares row by row.
   *
   * @throws IllegalArgumentException if the outputs have other dimensions
   */
  static OutputChange between(Rows dense, Rows found) {
    if (dense.count() != found.count() || dense.width() != found.width()) {
      throw new IllegalArgumentException(
          "outputs: expected %d×%d, found %d×%d"
              .formatted(dense.count(), dense.width(), found.count(), found.width()));
    }
    double difference = 0;
    double size = 0;
    double cosines = 0;
    int agreeing = 0;
    for (int i = 0; i < dense.count(); i++) {
      double yy = 0;
      double ff = 0;
      double yf = 0;
      for (int j = 0; j < dense.width(); j++) {
        double y = dense.get(i, j);
        double f = found.get(i, j);
        yy += y * y;
        ff += f * f;
        yf += y * f;
        difference += (f - y) * (f - y);
      }
      size += yy;
      cosines += yy == 0 && ff == 0 ? 1 : yy == 0 || ff == 0 ? 0 : yf / Math.sqrt(yy * ff);
      agreeing += dense.argmax(i) == found.argmax(i) ? 1 : 0;
    }
    double relative = difference == 0 ? 0 : Math.sqrt(difference / size);
    return new OutputChange(relative, cosines / dense.count(), agreeing / (double) dense.count());
  }
}
