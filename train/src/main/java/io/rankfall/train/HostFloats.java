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
  private final boolean copied;
  private final FloatBuffer buffer;
  private boolean closes;

  private HostFloats(NDArray array, boolean copied) {
    this.array = array;
    this.copied = copied;
    this.buffer = array.toByteBuffer(!copied).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Of an array on the CPU in single precision; valid as long as it. */
  static HostFloats inPlace(NDArray array) {
    return new HostFloats(array, false);
  }

  /** Of an array wherever it is; what is put there gets back by {@link #flush}. */
  static HostFloats copied(NDArray array) {
    return new HostFloats(array, true);
  }

  boolean isCopy() {
    return copied;
  }

  FloatBuffer buffer() {
    return buffer;
  }

  /** The handle is not needed any more, at the latest behind {@link #flush}. */
  HostFloats closing() {
    closes = true;
    if (!copied) {
      array.close();
    }
    return this;
  }

  /** Has PyTorch see what was put into the buffer; outside of a gradient's recording. */
  void flush() {
    if (copied) {
      float[] values = new float[buffer.capacity()];
      buffer.get(0, values);
      try (NDManager scope = array.getManager().newSubManager()) {
        array.set(new NDIndex(":"), PyTorch.copy(values, array.getShape(), scope));
      }
      if (closes) {
        array.close();
      }
    }
  }
}
