package io.rankfall.compress;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Inputs of the declared dimensions for models that nobody gave examples for: enough to count and
 * time, nothing to measure quality on.
 */
final class ExampleInputs {
  private ExampleInputs() {}

  /**
   * Standard normal numbers; zeros for integers, ones for masks.
   *
   * @param count examples, unless the model fixes how many it takes
   * @throws IllegalArgumentException naming the inputs whose dimensions are open
   */
  static ModelInputs of(OnnxRuntimeSession session, int count) {
    List<InputTensor> open =
        session.inputs().stream()
            .filter(input -> input.shape().stream().skip(1).anyMatch(dim -> dim < 1))
            .toList();
    if (!open.isEmpty()) {
      throw new IllegalArgumentException(
          "examples: expected calibration inputs or data, since dimensions are open, found none for "
              + open.stream().map(InputTensor::toString).collect(Collectors.joining(", ")));
    }
    Random random = new Random(1);
    Map<String, NdArray> arrays = new LinkedHashMap<>();
    for (InputTensor input : session.inputs()) {
      arrays.put(input.name(), array(input, count, random));
    }
    return ModelInputs.named(arrays);
  }

  private static NdArray array(InputTensor input, int count, Random random) {
    List<Integer> shape = new ArrayList<>();
    input.shape().forEach(dim -> shape.add(Math.toIntExact(dim)));
    shape.set(0, input.fixedBatch() > 0 ? shape.get(0) : count);
    int size = shape.stream().reduce(1, Math::multiplyExact);
    if (!input.isFloating()) {
      byte[] each = new byte[size];
      Arrays.fill(each, (byte) (ModelInputs.isMask(input.name()) ? 1 : 0));
      return new NdArray(NdArray.Type.UINT8, shape, ByteBuffer.wrap(each));
    }
    ByteBuffer values =
        ByteBuffer.allocate(Math.multiplyExact(4, size)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      values.putFloat((float) random.nextGaussian());
    }
    return new NdArray(NdArray.Type.FLOAT32, shape, values.flip());
  }
}
