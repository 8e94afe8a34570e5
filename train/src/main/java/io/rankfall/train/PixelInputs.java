package io.rankfall.train;

import java.util.Arrays;

/** Images as bytes, a quarter of the memory of floats, standardised whenever they are copied. */
final class PixelInputs implements Inputs {
  private final InputShape shape;
  private final byte[] pixels;

  /** What each value of each channel becomes. */
  private final float[][] tables;

  PixelInputs(InputShape shape, byte[] pixels, Standardization standardization) {
    this.shape = shape;
    this.pixels = pixels;
    this.tables = new float[shape.channels()][];
    for (int c = 0; c < tables.length; c++) {
      tables[c] = standardization.table(c);
    }
  }

  private PixelInputs(InputShape shape, byte[] pixels, float[][] tables) {
    this.shape = shape;
    this.pixels = pixels;
    this.tables = tables;
  }

  @Override
  public void copy(int example, float[] target, int offset) {
    int plane = shape.height() * shape.width();
    int from = example * shape.size();
    int to = offset;
    for (float[] table : tables) {
      for (int i = 0; i < plane; i++) {
        target[to + i] = table[pixels[from + i] & 0xff];
      }
      from += plane;
      to += plane;
    }
  }

  @Override
  public void copy(int example, NativeMatrix target, int row) {
    float[] numbers = new float[shape.size()];
    copy(example, numbers, 0);
    target.put(row, numbers, 0);
  }

  @Override
  public float black(int channel) {
    return tables[channel][0];
  }

  @Override
  public Inputs first(int count) {
    return new PixelInputs(shape, Arrays.copyOf(pixels, count * shape.size()), tables);
  }
}
