package io.rankfall.compress;

import io.rankfall.compress.SafetensorsWriter.Group;
import io.rankfall.compress.SafetensorsWriter.Slot;
import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Truncation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Optional;

/**
 * The two tensors that replace one matrix of a safetensors file, named as PEFT names the factors of
 * an adapter: of {@code layer.weight}, m×n as stored, {@code layer.lora_B.weight}, m×r, and {@code
 * layer.lora_A.weight}, r×n, whose product is the matrix. They have its type of numbers.
 */
final class SafetensorsFactors {
  private static final String WEIGHT = ".weight";
  private static final int BUFFER = 1 << 16;

  private SafetensorsFactors() {}

  /** The name of one factor. */
  static String name(String tensor, String factor) {
    String layer =
        tensor.endsWith(WEIGHT) ? tensor.substring(0, tensor.length() - WEIGHT.length()) : tensor;
    return layer + "." + factor + WEIGHT;
  }

  static String left(String tensor) {
    return name(tensor, "lora_B");
  }

  static String right(String tensor) {
    return name(tensor, "lora_A");
  }

  /** Whether a tensor is a factor already. */
  static boolean isFactor(String tensor) {
    return tensor.contains("lora_A") || tensor.contains("lora_B");
  }

  /** Why factors of this type are not written, if they are not. */
  static Optional<String> obstacle(ElementType type) {
    return switch (type) {
      case F64, F32, F16, BF16 -> Optional.empty();
      default -> Optional.of("factors of type %s are not written".formatted(type));
    };
  }

  /**
   * What computing the factors takes of the heap, in bytes, about: the matrix, the eigenvectors of
   * its smaller Gram matrix and the factors on their way from double precision.
   */
  static long heap(int rows, int cols, int rank) {
    long smaller = Math.min(rows, cols);
    return 8L * rows * cols + 16 * smaller * smaller + 28L * rank * ((long) rows + cols);
  }

  /** The factors of a rank, made when they are written. */
  static Group factored(StoredTensor tensor, String type, int rank) {
    long rows = tensor.shape().get(0);
    long cols = tensor.shape().get(1);
    ElementType numbers = tensor.type();
    return new Group(
        List.of(
            new Slot(
                left(tensor.name()), type, List.of(rows, (long) rank), numbers.bytes(rows * rank)),
            new Slot(
                right(tensor.name()),
                type,
                List.of((long) rank, cols),
                numbers.bytes(rank * cols))),
        out -> {
          Matrix w = MatrixLayout.outputsFirst(0, (int) rows, (int) cols).read(tensor);
          LowRank factors = RoundedFactors.of(numbers, Truncation.of(w).at(rank));
          write(factors.left(), numbers, tensor, out);
          write(factors.right(), numbers, tensor, out);
        });
  }

  private static void write(Matrix matrix, ElementType type, StoredTensor tensor, OutputStream out)
      throws IOException {
    if (!matrix.isFinite()) {
      throw new ModelFormatException(
          tensor.data().file().toString(),
          "tensor " + tensor.name(),
          "factors that %s can hold".formatted(type),
          "larger numbers");
    }
    byte[] row = new byte[Math.toIntExact(type.bytes(matrix.cols()))];
    ByteBuffer bytes = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < matrix.rows(); i++) {
      bytes.clear();
      for (int j = 0; j < matrix.cols(); j++) {
        type.put(bytes, matrix.get(i, j));
      }
      out.write(row);
    }
  }

  /** The bytes of a tensor as they are. */
  static Group copied(StoredTensor tensor, String type) {
    FileRegion region = tensor.data();
    return new Group(
        List.of(new Slot(tensor.name(), type, tensor.shape(), region.length())),
        out -> {
          try (FileChannel channel = FileChannel.open(region.file())) {
            channel.position(region.from());
            byte[] buffer = new byte[BUFFER];
            long left = region.length();
            InputStream in = Channels.newInputStream(channel);
            while (left > 0) {
              int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
              if (read < 0) {
                throw new ModelFormatException(
                    region.file().toString(),
                    "tensor " + tensor.name(),
                    region.length() + " bytes",
                    region.length() - left + " bytes");
              }
              out.write(buffer, 0, read);
              left -= read;
            }
          }
        });
  }
}
