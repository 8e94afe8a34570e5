package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Image files against Pillow: {@code make_images.py} beside the files made both. */
class ImageFileTest {
  /** The JDK and Pillow decode JPEG files by different versions of libjpeg. */
  private static final int JPEG_TOLERANCE = 1;

  private static final int MUTATIONS = 300;
  @TempDir private Path folder = Path.of("");

  static Path images() {
    return Path.of("src/test/resources/io/rankfall/compress/images");
  }

  static Stream<JsonNode> cases() throws IOException {
    return new JsonMapper().readTree(images().resolve("golden.json").toFile()).valueStream();
  }

  static ImagePreprocessing preprocessing(String text) {
    return ImagePreprocessing.of(
        new OnnxModel.Input("x", List.of("n", "?", "?", "?")), StatedPreprocessing.parse(text));
  }

  static float[] numbers(Path file, ImagePreprocessing how) throws IOException {
    Pixels pixels = ImageFile.read(file);
    int channels = how.order().channels();
    FloatBuffer numbers = FloatBuffer.allocate(channels * how.crop().height() * how.crop().width());
    (channels == 1 ? pixels.gray() : pixels.coloured()).prepared(how).appendTo(numbers, how);
    assertThat(numbers.remaining()).isZero();
    return numbers.array();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyByteIsThatOfPillow(JsonNode golden) throws Exception {
    String file = golden.path("file").asText();
    ImagePreprocessing how =
        preprocessing(golden.path("preprocess").asText() + ",scale=1,layout=nhwc");
    float[] found = numbers(images().resolve(file), how);
    JsonNode expected = golden.path("bytes");
    assertThat(found).hasSize(expected.size());
    for (int i = 0; i < found.length; i++) {
      float difference = Math.abs(found[i] - expected.get(i).asInt());
      assertThat(difference)
          .as("%s %s at %d", file, how, i)
          .isLessThanOrEqualTo(file.endsWith(".jpg") ? JPEG_TOLERANCE : 0);
    }
  }

  @Test
  void aHugeImageIsRefusedByItsHeader() throws Exception {
    byte[] png = Files.readAllBytes(images().resolve("rgb.png"));
    ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 60_000);
    Path file = Files.write(folder.resolve("bomb.png"), png);
    assertThatThrownBy(() -> ImageFile.read(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("bomb.png: header: expected sides from 1 to 16,384")
        .hasMessageContaining("found 60000x60000");
    ByteBuffer.wrap(png).putInt(16, 16_000).putInt(20, 16_000);
    if (ImageFile.mostPixels() < 16_000L * 16_000) {
      Files.write(file, png);
      assertThatThrownBy(() -> ImageFile.read(file)).hasMessageContaining("found 16000x16000");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rgb.jpg", "gray.jpg", "rgb.png", "palette.png", "rgb.bmp"})
  void aCutImageIsRefusedInOneLine(String name) throws Exception {
    byte[] whole = Files.readAllBytes(images().resolve(name));
    Path file = folder.resolve("cut-" + name);
    for (int length : new int[] {0, 5, 20, whole.length / 3, whole.length * 2 / 3}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> ImageFile.read(file))
          .as("%d bytes", length)
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("cut-" + name)
          .hasMessageNotContaining("\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb.jpg",
        "gray.jpg",
        "rgb.png",
        "rgba.png",
        "palette.png",
        "palette.gif",
        "rgb.bmp",
        "gray.bmp"
      })
  void mutatedImagesEndInPixelsOrInOneLine(String name) throws Exception {
    byte[] whole = Files.readAllBytes(images().resolve(name));
    ImagePreprocessing how = preprocessing("crop=8x8");
    Path file = folder.resolve(name);
    int refused = 0;
    for (long seed = 0; seed < MUTATIONS; seed++) {
      Files.write(file, DamagedFilesTest.damaged(whole, seed));
      try {
        numbers(file, how);
      } catch (ModelFormatException e) {
        refused++;
        assertThat(e.getMessage()).contains("expected", "found").doesNotContain("\n");
      } catch (RuntimeException | Error e) {
        throw new AssertionError(name + ", seed " + seed + ": " + e, e);
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void otherContentIsNamed() throws Exception {
    Path text = Files.writeString(folder.resolve("text.png"), "no image at all");
    assertThatThrownBy(() -> ImageFile.read(text))
        .hasMessageContaining("text.png: content: expected a PNG, JPEG, BMP or GIF image");
    Path tiff = folder.resolve("tiff.png");
    assertThat(
            ImageIO.write(
                new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB), "tiff", tiff.toFile()))
        .isTrue();
    assertThatThrownBy(() -> ImageFile.read(tiff)).hasMessageContaining("found none of these");
  }

  @Test
  void ofSixteenBitsTheUpperEightCount() throws Exception {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSample(0, 0, 0, 0x12ff);
    image.getRaster().setSample(1, 0, 0, 0xfe00);
    Path file = folder.resolve("deep.png");
    assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();
    assertThat(ImageFile.read(file).planes().get(0)).containsExactly(0x12, (byte) 0xfe);
  }
}
