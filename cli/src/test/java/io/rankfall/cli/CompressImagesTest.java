package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code compress} with folders of images instead of arrays. */
class CompressImagesTest {
  private static final String MODEL =
      "../compress/src/test/resources/io/rankfall/compress/models/residual.onnx";

  @TempDir private Path folder = Path.of("");

  /** Waves of two directions, one a class. */
  private Path photos() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    Path photos = folder.resolve("photos");
    for (int i = 0; i < 24; i++) {
      BufferedImage image = new BufferedImage(26, 30, BufferedImage.TYPE_INT_RGB);
      for (int y = 0; y < 30; y++) {
        for (int x = 0; x < 26; x++) {
          double wave = Math.sin((i % 2 == 0 ? x : y) / 2.0 + i);
          int value = (int) (128 + 90 * wave + random.nextInt(30));
          image.setRGB(x, y, value << 16 | (255 - value) << 8 | random.nextInt(256));
        }
      }
      Path file = photos.resolve(i % 2 == 0 ? "rows" : "columns").resolve(i + ".png");
      Files.createDirectories(file.getParent());
      assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();
    }
    return photos;
  }

  private static Ran compress(String model, String... options) {
    List<String> args = new ArrayList<>(List.of("compress", model));
    args.addAll(List.of(options));
    return Ran.run(args.toArray(String[]::new));
  }

  @Test
  void imagesCalibrateAndMeasure() throws IOException {
    String photos = photos().toString();
    Path out = folder.resolve("small.onnx");
    Ran ran =
        compress(
            MODEL,
            "--max-drop",
            "100",
            "--data",
            photos,
            "--test-data",
            photos,
            "--calibration",
            photos,
            "--json",
            "--out",
            out.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    String note =
        "images are prepared by resize=20,crop=20x20,order=rgb,scale=255,mean=0.485:0.456:0.406,"
            + "std=0.229:0.224:0.225,layout=nchw; assumed: resize, crop, order, scale, mean, std, layout";
    assertThat(ran.err()).containsOnlyOnce("rankfall: note: " + note);
    assertThat(ran.err()).contains("24 images of 2 classes: 0 = columns, 1 = rows");
    JsonNode json = JsonMapper.builder().build().readTree(ran.out());
    assertThat(json.path("notes").valueStream().map(JsonNode::asText)).contains(note);
    assertThat(json.at("/data/0/role").asText()).isEqualTo("searched");
    assertThat(json.at("/data/0/examples").asInt()).isEqualTo(24);
    assertThat(json.at("/data/1/role").asText()).isEqualTo("unseen");
    assertThat(out).exists();
  }

  @Test
  void whatIsStatedIsDone() throws IOException {
    String photos = photos().toString();
    List<Double> changes = new ArrayList<>();
    for (String stated : List.of("mean=0,std=1", "resize=20x20,order=bgr,scale=127.5,mean=1")) {
      Path out = folder.resolve(changes.size() + ".onnx");
      Ran ran =
          compress(
              MODEL,
              "--params",
              "0.6",
              "--data",
              photos,
              "--preprocess",
              stated,
              "--json",
              "--out",
              out.toString());
      assertThat(ran.exitCode()).as(ran.err()).isZero();
      changes.add(JsonMapper.builder().build().readTree(ran.out()).at("/data/0/change").asDouble());
      assertThat(ran.err()).contains(stated.startsWith("mean") ? "mean=0:0:0" : "scale=127.5");
    }
    assertThat(changes.get(0)).isPositive().isNotEqualTo(changes.get(1));
  }

  @Test
  void whatDoesNotFitIsToldInOneLine() throws IOException {
    Path photos = photos();
    Ran unknown = compress(MODEL, "--rank", "4", "--dry-run", "--preprocess", "size=3");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.USAGE);
    unknown.assertOneLine("expected resize|crop|order|scale|mean|std|layout=VALUE, found 'size=3'");

    Ran unused = compress(MODEL, "--rank", "4", "--dry-run", "--preprocess", "crop=3x3");
    assertThat(unused.exitCode()).isEqualTo(ExitCode.USAGE);
    unused.assertOneLine("--preprocess: expected a folder of images, found none");

    String[] calibrated = {"--rank", "4", "--dry-run", "--calibration", photos.toString()};
    Ran masked = compress(MODEL.replace("residual", "masked"), calibrated);
    assertThat(masked.exitCode()).isEqualTo(ExitCode.FAILURE);
    masked.assertOneLine("expected a model with one input for images, found 2");

    Files.writeString(photos.resolve("rows/7.jpg"), "no image");
    Ran damaged = compress(MODEL, calibrated);
    assertThat(damaged.exitCode()).isEqualTo(ExitCode.FAILURE);
    damaged.assertOneLine("7.jpg: content: expected a PNG, JPEG, BMP or GIF image");
  }

  @Test
  void aDropNeedsClasses() throws IOException {
    Path photos = photos();
    Ran unlabelled =
        compress(
            MODEL,
            "--max-drop",
            "1",
            "--data",
            photos.resolve("rows").toString(),
            "--out",
            folder.resolve("none.onnx").toString());
    assertThat(unlabelled.exitCode()).isEqualTo(ExitCode.FAILURE);
    unlabelled.assertOneLine("drop: expected data with labels, found none");
  }
}
