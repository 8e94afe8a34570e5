package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyFileTest {
  @TempDir Path directory = Path.of("");

  /** A version 1 file as numpy.save writes it. */
  static byte[] npy(String type, String shape, byte[] data) throws IOException {
    String header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(type, shape);
    return npy(header, data);
  }

  private static byte[] npy(String dictionary, byte[] data) throws IOException {
    int pad = 63 - (10 + dictionary.length()) % 64;
    String header = dictionary + " ".repeat(pad) + "\n";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.write(header.length() & 0xff);
    out.write(header.length() >> 8);
    out.write(header.getBytes(StandardCharsets.ISO_8859_1));
    out.write(data);
    return out.toByteArray();
  }

  private NpyFile read(byte[] bytes) throws IOException {
    return NpyFile.read(Files.write(directory.resolve("a.npy"), bytes));
  }

  @Test
  void readsEachType() throws Exception {
    ByteBuffer floats = ByteBuffer.wrap(new byte[24]).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer doubles = ByteBuffer.wrap(new byte[48]).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 6; i++) {
      floats.putFloat(i - 1.5f);
      doubles.putDouble(i - 1.5);
    }
    float[] expected = {-1.5f, -.5f, .5f, 1.5f, 2.5f, 3.5f};
    NpyFile read = read(npy("<f4", "(2, 3)", floats.array()));
    assertThat(read.shape()).containsExactly(2, 3);
    assertThat(read.rows().width()).isEqualTo(3);
    assertThat(read.rows().toArray()).isEqualTo(expected);
    assertThat(read(npy("<f8", "(3, 1, 2)", doubles.array())).rows().toArray()).isEqualTo(expected);
    assertThat(read(npy("|u1", "(3,)", new byte[] {0, 7, (byte) 200})).labels())
        .containsExactly(0, 7, 200);
  }

  @Test
  void refusesWhatItCannotRead() throws Exception {
    String fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }";
    assertThatThrownBy(() -> read(npy(fortran, new byte[4])))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageEndingWith(
            "a.npy: header: expected C order (numpy.ascontiguousarray), found Fortran order");
    assertThatThrownBy(() -> read(npy("<f4", "(2, 2)", new byte[12])))
        .hasMessageEndingWith("data: expected [2, 2] of type <f4, found 12 bytes");
    assertThatThrownBy(() -> read(npy("<f4", "(99999999, 99999999, 99999999)", new byte[4])))
        .isInstanceOf(ModelFormatException.class);
    assertThatThrownBy(() -> read(npy(">f4", "(1,)", new byte[4])))
        .hasMessageContaining("found >f4");
    assertThatThrownBy(() -> NpyFile.read(directory.resolve("missing.npy")))
        .hasMessageEndingWith("missing.npy: file: expected a file, found nothing");
    assertThatThrownBy(() -> read(npy("<f4", "(1,)", new byte[] {0, 0, 0, 63})).labels())
        .hasMessageContaining("expected a label");
  }
}
