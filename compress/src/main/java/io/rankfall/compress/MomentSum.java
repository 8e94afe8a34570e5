package io.rankfall.compress;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Blas.Op;
import io.rankfall.spectra.SymmetricMatrix;
import org.bytedeco.javacpp.DoublePointer;

/** Running sums of x and xxᵀ off-heap: n² numbers however many rows pass. */
final class MomentSum implements AutoCloseable {
  /** Rows converted to double precision at a time. */
  private static final int PANEL = 128;

  private final int width;
  private final double[] sum;
  private final double[] panel;
  private final DoublePointer nativePanel;
  private final DoublePointer products;
  private long count;

  MomentSum(int width) {
    this.width = width;
    this.sum = new double[width];
    this.panel = new double[Math.multiplyExact(PANEL, width)];
    this.nativePanel = new DoublePointer(panel.length);
    this.products = new DoublePointer(Math.multiplyExact(width, width));
  }

  void add(Rows rows) {
    Blas blas = Blas.load();
    for (int from = 0; from < rows.count(); from += PANEL) {
      int height = Math.min(PANEL, rows.count() - from);
      for (int i = 0; i < height; i++) {
        for (int j = 0; j < width; j++) {
          double x = rows.get(from + i, j);
          panel[i * width + j] = x;
          sum[j] += x;
        }
      }
      nativePanel.put(panel, 0, height * width);
      blas.dsyrk(Op.AS_IS, width, height, nativePanel, width, count == 0 ? 0 : 1, products, width);
      count += height;
    }
  }

  InputMoments moments() {
    double[] mean = new double[width];
    for (int i = 0; i < width; i++) {
      mean[i] = sum[i] / count;
    }
    double[] second = new double[width * width];
    products.get(second);
    for (int col = 0; col < width; col++) {
      for (int row = col; row < width; row++) {
        double v = second[col * width + row] / count;
        second[col * width + row] = v;
        second[row * width + col] = v;
      }
    }
    return new InputMoments(count, mean, SymmetricMatrix.of(width, second));
  }

  @Override
  public void close() {
    nativePanel.close();
    products.close();
  }
}
