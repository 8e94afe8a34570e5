package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * The numbers of an array of PyTorch's where Java can read and write them: its own memory on the
 * CPU, a copy of it elsewhere.
 */
final class HostFloats {
  private final NDArray array;
  private final boolean owned;
  private final boolean copied;
  private final FloatBuffer buffer;

  /**
   * @param array in single precision; what lies in place is valid as long as its numbers
   * @param owned whether the array is a handle of this alone, closed by {@link #flush} or before
   * @param copied whether to copy it; else it has to be on the CPU
   */
  HostFloats(NDArray array, boolean owned, boolean copied) {
    this.array = array;
    this.owned = owned;
    this.copied = copied;
    this.buffer = array.toByteBuffer(!copied).order(ByteOrder.nativeOrder()).asFloatBuffer();
    if (owned && !copied) {
      array.close();
    }
  }

  boolean isCopy() {
    return copied;
  }

  FloatBuffer buffer() {
    return buffer;
  }

  /** Has PyTorch see what was put into the buffer; outside of a gradient's recording. */
  void flush() {
    if (copied) {
      float[] values = new float[buffer.capacity()];
      buffer.get(0, values);
      try (NDManager scope = array.getManager().newSubManager()) {
        array.set(new NDIndex(":"), PyTorch.copy(values, array.getShape(), scope));
      }
      if (owned) {
        array.close();
      }
    }
  }
}
