package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Direct memory through which numbers get from Java's heap into an array of PyTorch's without a
 * second copy. It starts at a multiple of 64 bytes, for the order of PyTorch's sums depends on the
 * alignment and a rerun shall give the same bits.
 */
final class AlignedFloats {
  private static final int ALIGNMENT = 64;

  private ByteBuffer memory = ByteBuffer.allocateDirect(0);

  /**
   * An array over this memory, valid until the next call.
   *
   * @param values row-major, as many as {@code shape} says or more
   */
  NDArray array(float[] values, Shape shape, NDManager manager) {
    int count = Math.toIntExact(shape.size());
    int bytes = Math.multiplyExact(count, Float.BYTES);
    if (bytes > memory.capacity()) {
      // An aligned slice loses up to one unit at each end.
      memory = ByteBuffer.allocateDirect(bytes + 2 * ALIGNMENT).alignedSlice(ALIGNMENT);
    }
    ByteBuffer used = memory.slice(0, bytes).order(ByteOrder.nativeOrder());
    used.asFloatBuffer().put(values, 0, count);
    return manager.create(used, shape, DataType.FLOAT32);
  }
}
