package io.rankfall.compress;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A tensor of a model file whose numbers stay there until they are read.
 *
 * @param shape none below 0; their product is below 2⁵⁶
 * @param data where the numbers are, row by row
 * @param packing how the numbers follow each other there
 */
record StoredTensor(
    String name, ElementType type, List<Long> shape, FileRegion data, Packing packing) {

  /** 64 bits each still fit into a long. */
  private static final long MOST_NUMBERS = 1L << 56;

  enum Packing {
    /** One after another, little-endian. */
    FIXED,
    /** As protobuf's integers of variable length: typed data of an ONNX tensor. */
    VARIABLE,
    /** In pieces, which is not read. */
    SCATTERED
  }

  StoredTensor {
    shape = List.copyOf(shape);
  }

  /** How many numbers it holds. */
  long count() {
    return count(shape);
  }

  /** The product of the dimensions; negative if one is negative or the product is absurd. */
  static long count(List<Long> shape) {
    long count = 1;
    boolean empty = false;
    for (long dim : shape) {
      if (dim < 0 || dim > MOST_NUMBERS / count) {
        return -1;
      }
      empty |= dim == 0;
      count *= Math.max(1, dim);
    }
    return empty ? 0 : count;
  }

  /** Whether there are as many bytes as the shape needs, as far as the type tells. */
  boolean fits() {
    return switch (packing) {
      case FIXED -> type.bits() == 0 || data.length() == type.bytes(count());
      // A number of variable length takes a byte at least.
      case VARIABLE -> !type.isFloating() || data.length() >= count();
      case SCATTERED -> true;
    };
  }

  String shapeText() {
    return Tensors.shape(shape);
  }

  /** Whether such a tensor is a weight rather than a bias, an index or a mask. */
  boolean isWeight() {
    return shape.size() >= 2 && count() > 0 && type.isWeight();
  }

  /** Why its numbers are not read, if they are not. */
  Optional<String> obstacle() {
    if (type.obstacle().isPresent()) {
      return type.obstacle();
    }
    boolean readable =
        packing == Packing.FIXED || (packing == Packing.VARIABLE && type.bits() <= 16);
    return readable ? Optional.empty() : Optional.of("stored in pieces, which are not read");
  }

  /** Reads from the first number on; the caller closes it. */
  NumberReader numbers() throws IOException {
    return new NumberReader(this);
  }
}
