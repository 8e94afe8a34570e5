package io.rankfall.compress;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Blas.Op;
import org.bytedeco.javacpp.DoublePointer;

/** Running sum of x·zᵀ off-heap for pairs of rows of one width. */
final class CrossMomentSum implements AutoCloseable {
  private final int width;
  private final DoublePointer products;
  private long count;

  CrossMomentSum(int width) {
    this.width = width;
    this.products = new DoublePointer(Math.multiplyExact(width, width));
  }

  void add(Rows x, Rows z) {
    // To BLAS, rows are columns: (Σ x·zᵀ)ᵀ = Z·Xᵀ column by column is Σ x·zᵀ row by row.
    try (DoublePointer xs = toNative(x);
        DoublePointer zs = toNative(z)) {
      Blas.load()
          .dgemm(
              Op.AS_IS,
              Op.TRANSPOSED,
              width,
              width,
              x.count(),
              1,
              zs,
              width,
              xs,
              width,
              count == 0 ? 0 : 1,
              products,
              width);
      count += x.count();
    }
  }

  /** E[x·zᵀ] − E[x]·E[z]ᵀ, row by row. */
  double[] covariance(InputMoments x, InputMoments z) {
    double[] values = new double[width * width];
    products.get(values);
    for (int i = 0; i < width; i++) {
      for (int j = 0; j < width; j++) {
        values[i * width + j] = values[i * width + j] / count - x.mean(i) * z.mean(j);
      }
    }
    return values;
  }

  private static DoublePointer toNative(Rows rows) {
    float[] from = rows.toArray();
    double[] to = new double[from.length];
    for (int i = 0; i < to.length; i++) {
      to[i] = from[i];
    }
    return new DoublePointer(to);
  }

  @Override
  public void close() {
    products.close();
  }
}
