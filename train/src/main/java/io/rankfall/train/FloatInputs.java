package io.rankfall.train;

import java.util.Arrays;

/** Numbers as learners take them: the fastest to copy. */
final class FloatInputs implements Inputs {
  private final int features;
  private final float[] numbers;

  /** Of each channel. */
  private final float[] black;

  FloatInputs(int features, float[] numbers, float[] black) {
    this.features = features;
    this.numbers = numbers;
    this.black = black;
  }

  @Override
  public void copy(int example, float[] target, int offset) {
    System.arraycopy(numbers, example * features, target, offset, features);
  }

  @Override
  public void copy(int example, NativeMatrix target, int row) {
    target.put(row, numbers, example * features);
  }

  @Override
  public float black(int channel) {
    return black[channel];
  }

  @Override
  public Inputs first(int count) {
    return new FloatInputs(features, Arrays.copyOf(numbers, count * features), black);
  }
}
