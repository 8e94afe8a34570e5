package io.rankfall.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.train.DataFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class GzipFileTest {
  private static byte[] zip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    }
    return out.toByteArray();
  }

  /** Of the JDK, not ours. */
  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void aFileWithTheExpectedHashIsUnzipped() throws Exception {
    byte[] content = "content".getBytes(StandardCharsets.UTF_8);
    byte[] zipped = zip(content);

    assertThat(GzipFile.unzip("f.gz", zipped, sha256(zipped))).isEqualTo(content);
  }

  @Test
  void aFileWithAnotherHashIsRefused() throws Exception {
    byte[] zipped = zip(new byte[100]);
    String expected = sha256(zipped);
    zipped[20] ^= 1;

    assertThatThrownBy(() -> GzipFile.unzip("f.gz", zipped, expected))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("f.gz: expected SHA-256 %s, found %s", expected, sha256(zipped));
  }

  @Test
  void whatIsNoCompleteGzipFileIsRefusedInOneLine() throws Exception {
    byte[] zipped = zip("some content that is cut".getBytes(StandardCharsets.UTF_8));
    List<byte[]> wrong =
        List.of(
            Arrays.copyOf(zipped, zipped.length - 10),
            new byte[0],
            new byte[] {0x1f},
            new byte[] {1, 2, 3},
            new byte[40]);
    for (byte[] file : wrong) {
      assertThatThrownBy(() -> GzipFile.unzip("f.gz", file, sha256(file)))
          .isInstanceOf(DataFormatException.class)
          .hasMessage("f.gz: expected a complete gzip file, found %d other bytes", file.length);
    }
  }
}
