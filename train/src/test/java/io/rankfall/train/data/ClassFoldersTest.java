package io.rankfall.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.InputShape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of images, by a path. */
final class ClassFoldersTest {
  @TempDir private Path folder = Path.of("");

  private Dataset open(String suffix) throws IOException, InterruptedException {
    return Datasets.in(new DataFolder(Path.of("nowhere"))).open(folder + suffix);
  }

  private void gray(String name, int height, int width, int value) throws IOException {
    image(name, new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY), value);
  }

  private void image(String name, BufferedImage image, int value) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    for (int b = 0; b < image.getRaster().getNumBands(); b++) {
      for (int y = 0; y < image.getHeight(); y++) {
        for (int x = 0; x < image.getWidth(); x++) {
          image.getRaster().setSample(x, y, b, value + b * 20 + (y == 0 && x == 1 ? 9 : 0));
        }
      }
    }
    ImageIO.write(image, "png", file.toFile());
  }

  private static int[] perClass(Examples examples) {
    int[] counts = new int[examples.classes()];
    for (int i = 0; i < examples.size(); i++) {
      counts[examples.label(i)]++;
    }
    return counts;
  }

  @Test
  void trainAndTestFoldersAreTakenAsTheyAre() throws Exception {
    for (String part : new String[] {"train", "test"}) {
      for (int i = 0; i < (part.equals("train") ? 3 : 1); i++) {
        gray(part + "/cat/" + i + ".png", 4, 5, 10 + i);
        gray(part + "/dog/" + i + ".png", 4, 5, 100 + i);
      }
    }
    Dataset data = open("");

    assertThat(data.train().shape()).isEqualTo(new InputShape(1, 4, 5));
    assertThat(perClass(data.train())).containsExactly(3, 3);
    assertThat(perClass(data.test())).containsExactly(1, 1);
    // Dogs are brighter, and the second pixel of the first line is the brightest of each image.
    for (int i = 0; i < 6; i++) {
      float[] image = data.train().inputs(i, 1);
      assertThat(image[1]).isGreaterThan(image[0]);
      assertThat(image[5]).isEqualTo(image[0]);
      assertThat(image[0] > 0).isEqualTo(data.train().label(i) == 1);
    }
    assertThat(open("-2").train().size()).isEqualTo(2);

    gray("test/bird/1.png", 4, 5, 1);
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: expected classes that are trained on, found 'bird'", folder.resolve("test"));
  }

  @Test
  void oneFolderIsSplitClassByClassAndAlwaysAlike() throws Exception {
    for (int i = 0; i < 21; i++) {
      gray("2/" + i + ".png", 2, 3, i);
      if (i < 10) {
        gray("10/" + i + ".png", 2, 3, 100 + i);
      }
    }
    gray("30/only.png", 2, 3, 200);
    Dataset data = open("");

    // Names that are numbers are in the order of numbers; a tenth is rounded up.
    assertThat(perClass(data.train())).containsExactly(18, 9, 1);
    assertThat(perClass(data.test())).containsExactly(3, 1, 0);
    assertThat(open("").sha256()).isEqualTo(data.sha256());
    assertThat(data.test().inputs(0, 4)).isEqualTo(open("").test().inputs(0, 4));
    // No image is in both parts: each has a brightness of its own.
    for (int t = 0; t < data.test().size(); t++) {
      float tested = data.test().inputs(t, 1)[0];
      for (int i = 0; i < data.train().size(); i++) {
        assertThat(data.train().inputs(i, 1)[0]).isNotEqualTo(tested);
      }
    }
  }

  @Test
  void oneImageWithColoursMakesAllColoured() throws Exception {
    for (int i = 0; i < 4; i++) {
      gray("a/" + i + ".png", 3, 3, 50);
      image("b/" + i + ".png", new BufferedImage(3, 3, BufferedImage.TYPE_3BYTE_BGR), 100);
    }
    Dataset data = open("");
    assertThat(data.train().shape()).isEqualTo(new InputShape(3, 3, 3));
    assertThat(data.train().size() + data.test().size()).isEqualTo(8);
  }

  @Test
  void theFirstImageOfAnotherSizeIsNamed() throws Exception {
    for (int i = 0; i < 4; i++) {
      gray("a/" + i + ".png", 6, 8, 50);
      gray("b/" + i + ".png", 6, 8, 60);
    }
    gray("b/9.png", 8, 6, 60);
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessageStartingWith(
            "%s: expected an image of 6x8, as ", folder.resolve("b").resolve("9.png"))
        .hasMessageEndingWith("is, found 8x6; a size (--size) makes them equal");

    Dataset data = open("+size5");
    assertThat(data.name()).isEqualTo(folder + "+size5");
    assertThat(data.train().shape()).isEqualTo(new InputShape(1, 5, 5));
    assertThat(open("+size5+pad7").train().shape()).isEqualTo(new InputShape(1, 7, 7));
  }

  @Test
  void whatIsNoImageOrNoClassIsRefused() throws Exception {
    gray("a/1.png", 3, 3, 1);
    gray("a/2.png", 3, 3, 2);
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("%s: expected images in subfolders for two classes or more, found 1", folder);
    gray("b/1.png", 3, 3, 3);
    Published.write(folder, "b/2.png", Published.utf8("no image"));
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(folder.resolve("b").resolve("2.png") + ": ");
    Files.delete(folder.resolve("b/2.png"));
    Files.delete(folder.resolve("a/2.png"));
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("%s: expected two images of a class or more, found one of each", folder);
    Path empty = Files.createDirectory(folder.resolve("a/none"));
    assertThatThrownBy(() -> Datasets.in(new DataFolder(folder)).open(empty.toString()))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("found none");
  }
}
