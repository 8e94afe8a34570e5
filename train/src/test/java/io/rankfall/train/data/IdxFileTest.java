package io.rankfall.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.train.DataFormatException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IdxFileTest {
  private static byte[] file(int magic, int... dimensionsThenBody) {
    int header = (magic & 0xff) + 1;
    ByteBuffer buffer = ByteBuffer.allocate(4 * header + dimensionsThenBody.length - header + 1);
    buffer.putInt(magic);
    for (int i = 0; i < dimensionsThenBody.length; i++) {
      if (i < header - 1) {
        buffer.putInt(dimensionsThenBody[i]);
      } else {
        buffer.put((byte) dimensionsThenBody[i]);
      }
    }
    return buffer.array();
  }

  static byte[] twoImages() {
    return file(0x803, 2, 1, 3, 1, 2, 3, 4, 5, 255);
  }

  @Test
  void imagesAndLabelsAreRead() throws Exception {
    IdxFile.Images images = IdxFile.images("x", twoImages());

    assertThat(images.count()).isEqualTo(2);
    assertThat(images.rows()).isEqualTo(1);
    assertThat(images.cols()).isEqualTo(3);
    assertThat(images.pixels().capacity()).isEqualTo(6);
    assertThat(images.pixels().get(5)).isEqualTo((byte) 255);
    assertThat(IdxFile.labels("y", file(0x801, 3, 7, 0, 9))).containsExactly(7, 0, 9);
  }

  @Test
  void aWrongMagicNumberIsNamed() {
    assertThatThrownBy(() -> IdxFile.images("train", file(0x801, 12, new int[12])))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("train: expected IDX magic 0x00000803, found 0x00000801");
    assertThatThrownBy(() -> IdxFile.labels("train", file(0xd01, 1, new int[1])))
        .hasMessage("train: expected IDX magic 0x00000801, found 0x00000d01");
  }

  private static byte[] file(int magic, int dimension, int[] body) {
    int[] all = Arrays.copyOf(new int[] {dimension}, 1 + body.length);
    System.arraycopy(body, 0, all, 1, body.length);
    return file(magic, all);
  }

  @Test
  void aMissingBodyAndASurplusAreCounted() {
    byte[] good = twoImages();
    assertThatThrownBy(() -> IdxFile.images("x", Arrays.copyOf(good, good.length - 1)))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("x: expected 6 bytes after the header, found 5");
    assertThatThrownBy(() -> IdxFile.images("x", Arrays.copyOf(good, good.length + 1)))
        .hasMessage("x: expected 6 bytes after the header, found 7");
    assertThatThrownBy(() -> IdxFile.images("x", Arrays.copyOf(good, 15)))
        .hasMessage("x: expected an IDX header of 16 bytes, found a file of 15");
  }

  @ParameterizedTest
  @CsvSource({"0", "-1", "-2147483648", "1048577", "2147483647"})
  void aDimensionThatCannotBeIsRefused(int dimension) {
    assertThatThrownBy(() -> IdxFile.images("x", file(0x803, 1, dimension, 1, 1)))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "x: expected a dimension from 1 to 2^20, found " + Integer.toUnsignedString(dimension));
  }

  /** 2²⁰·2²⁰·2²⁰ and 65536·65536·1 are 0 in 32 bits: an empty body must not fit them. */
  @ParameterizedTest
  @CsvSource({"1048576, 1048576, 1048576", "65536, 65536, 1"})
  void dimensionsWhoseProductOverflowsAreRefused(int count, int rows, int cols) {
    assertThatThrownBy(() -> IdxFile.images("x", file(0x803, count, rows, cols)))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("x: expected %d bytes after the header, found 0", (long) count * rows * cols);
  }
}
