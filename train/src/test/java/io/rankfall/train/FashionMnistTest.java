package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class FashionMnistTest {
  @Test
  void sixtyAndTenThousandExamplesInTenBalancedClasses() {
    Dataset data = Cases.fashion();

    assertThat(data.name()).isEqualTo("fashion-mnist");
    assertThat(data.train().size()).isEqualTo(60_000);
    assertThat(data.test().size()).isEqualTo(10_000);
    assertThat(data.train().features()).isEqualTo(784);
    assertThat(perClass(data.train())).containsOnly(6_000).hasSize(10);
    assertThat(perClass(data.test())).containsOnly(1_000).hasSize(10);
    assertThat(FashionMnist.classNames()).hasSize(10).doesNotHaveDuplicates();
    assertThat(data.sha256()).matches("[0-9a-f]{64}");
  }

  private static int[] perClass(Examples examples) {
    int[] counts = new int[examples.classes()];
    for (int i = 0; i < examples.size(); i++) {
      counts[examples.label(i)]++;
    }
    return counts;
  }

  @Test
  void trainingPixelsAreStandardisedAndTestPixelsUseTheSameScale() {
    Examples train = Cases.fashion().train();
    double sum = 0;
    double squares = 0;
    float least = Float.POSITIVE_INFINITY;
    float[] image = new float[784];
    for (int i = 0; i < train.size(); i++) {
      train.copyInputs(i, image, 0);
      for (float pixel : image) {
        sum += pixel;
        squares += (double) pixel * pixel;
        least = Math.min(least, pixel);
      }
    }
    double count = 784.0 * train.size();
    assertThat(sum / count).isCloseTo(0, within(1e-6));
    assertThat(Math.sqrt(squares / count)).isCloseTo(1, within(1e-6));
    // Black, with the mean .2860 and the deviation .3530 that others publish.
    assertThat(least).isCloseTo(-0.2860f / 0.3530f, within(1e-3f));
    Cases.fashion().test().copyInputs(0, image, 0);
    assertThat(image[0]).isEqualTo(least);
  }

  @Test
  void theFirstImagesAreAnAnkleBootAndATShirt() {
    assertThat(FashionMnist.classNames().get(Cases.fashion().train().label(0)))
        .isEqualTo("Ankle boot");
    assertThat(FashionMnist.classNames().get(Cases.fashion().train().label(1)))
        .isEqualTo("T-shirt");
  }

  private static byte[] zip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    }
    return out.toByteArray();
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void aFileWithTheExpectedHashIsUnzipped() throws Exception {
    byte[] content = "content".getBytes(StandardCharsets.UTF_8);
    byte[] zipped = zip(content);

    assertThat(FashionMnist.unzip("f.gz", zipped, sha256(zipped))).isEqualTo(content);
  }

  @Test
  void aFileWithAnotherHashIsRefused() throws Exception {
    byte[] zipped = zip(new byte[100]);
    String expected = sha256(zipped);
    zipped[20] ^= 1;

    assertThatThrownBy(() -> FashionMnist.unzip("f.gz", zipped, expected))
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
      assertThatThrownBy(() -> FashionMnist.unzip("f.gz", file, sha256(file)))
          .isInstanceOf(DataFormatException.class)
          .hasMessage("f.gz: expected a complete gzip file, found %d other bytes", file.length);
    }
  }
}
