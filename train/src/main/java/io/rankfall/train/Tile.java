package io.rankfall.train;

/**
 * How rows of {@code width} numbers lie in heap arrays: as in a {@link NativeMatrix}, so many side
 * by side that a loop over them is long enough to be worth its vector instructions. A quantity that
 * each column has one of is repeated for every row of a tile; what lies between two rows is zero.
 */
final class Tile {
  private static final int LENGTH = 512;

  /** Fewer tiles in a batch do not repay what folding and repeating cost. */
  private static final int FEWEST = 8;

  private final int width;
  private final int stride;
  private final int rows;

  /**
   * @param batch how many rows there usually are
   */
  Tile(int width, int batch) {
    this.width = width;
    this.stride = NativeMatrix.stride(width);
    this.rows = Math.max(1, Math.min((LENGTH + stride - 1) / stride, batch / FEWEST));
  }

  /** Tiles for a batch. */
  float[][] batch(int size) {
    return new float[count(size)][rows * stride];
  }

  /** Room for one number a column, repeated. */
  float[] array() {
    return new float[rows * stride];
  }

  /** How many tiles a batch fills. */
  int count(int batch) {
    return (batch + rows - 1) / rows;
  }

  /** The first row of a tile. */
  int firstRow(int tile) {
    return tile * rows;
  }

  /** How many numbers of a tile belong to a batch. */
  int length(int tile, int batch) {
    return Math.min(rows, batch - tile * rows) * stride;
  }

  /** The tile that a row lies in. */
  int tileOf(int row) {
    return row / rows;
  }

  /** Where a row starts in its tile. */
  int offsetOf(int row) {
    return row % rows * stride;
  }

  /** Repeats the first row's numbers for the others. */
  void repeat(float[] columns) {
    for (int r = 1; r < rows; r++) {
      System.arraycopy(columns, 0, columns, r * stride, width);
    }
  }

  /** Adds the other rows' numbers to the first's, in their order. */
  void fold(float[] sums) {
    for (int r = 1; r < rows; r++) {
      for (int j = 0; j < width; j++) {
        sums[j] += sums[r * stride + j];
      }
    }
  }
}
