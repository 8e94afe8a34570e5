package io.rankfall.compress;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;

/** An output of a model, copied from native memory in single precision. */
final class FloatOutput {
  private final long[] dims;
  private final float[] numbers;

  private FloatOutput(long[] dims, float[] numbers) {
    this.dims = dims;
    this.numbers = numbers;
  }

  /**
   * @param file what messages call the model
   * @throws InferenceException if it is no tensor of floating-point numbers
   */
  static FloatOutput of(String file, String name, OnnxValue value) {
    if (value instanceof OnnxTensor tensor) {
      switch (tensor.getInfo().type) {
        case FLOAT, FLOAT16, BFLOAT16 -> {
          FloatBuffer floats = tensor.getFloatBuffer();
          float[] numbers = new float[floats.remaining()];
          floats.get(numbers);
          return new FloatOutput(tensor.getInfo().getShape(), numbers);
        }
        case DOUBLE -> {
          DoubleBuffer doubles = tensor.getDoubleBuffer();
          float[] numbers = new float[doubles.remaining()];
          for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) doubles.get(i);
          }
          return new FloatOutput(tensor.getInfo().getShape(), numbers);
        }
        default -> {
          // Refused below.
        }
      }
    }
    throw new InferenceException(
        "%s: output %s: expected a tensor of floating-point numbers, found %s"
            .formatted(file, name, value.getInfo()),
        new IllegalArgumentException(name));
  }

  float[] numbers() {
    return numbers;
  }

  /** As rows of the last dimension, without those at padded positions. */
  Rows rows(ModelInputs.Batch batch) {
    int width = dims.length == 0 ? 1 : (int) dims[dims.length - 1];
    Optional<NdArray> mask = batch.mask();
    if (dims.length != 3
        || mask.isEmpty()
        || dims[0] != mask.get().count()
        || dims[1] != mask.get().width()) {
      return Rows.owning(width, numbers);
    }
    float[] values = numbers.clone();
    int kept = 0;
    for (int i = 0; i < mask.get().size(); i++) {
      if (mask.get().real(i) != 0) {
        System.arraycopy(numbers, i * width, values, kept++ * width, width);
      }
    }
    return Rows.owning(width, Arrays.copyOf(values, kept * width));
  }
}
