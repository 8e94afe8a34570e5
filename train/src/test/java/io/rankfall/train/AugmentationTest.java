package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AugmentationTest {
  private static final int HEIGHT = 6;
  private static final int WIDTH = 8;
  private static final int COUNT = 400;
  private static final InputShape SHAPE = new InputShape(2, HEIGHT, WIDTH);
  private static final Standardization SCALE =
      new Standardization(List.of(0.5, 0.25), List.of(0.25, 0.5));

  static final Examples IMAGES = images();

  private static Examples images() {
    byte[] pixels = new byte[COUNT * SHAPE.size()];
    new SplittableRandom(1).nextBytes(pixels);
    int[] labels = new SplittableRandom(2).ints(COUNT, 0, 7).toArray();
    return Examples.ofPixels(SHAPE, pixels, SCALE, Labels.of(7, labels));
  }

  private static float[] turned(
      float[] image, int down, int right, PixelMap.Sides sides, double degrees) {
    float[] changed = new float[image.length];
    new PixelMap(HEIGHT, WIDTH, down, right, sides, degrees).apply(image, 0, -9, changed, 0);
    return changed;
  }

  /** PyTorch's padding and slicing, by definition. */
  private static float[] croppedAndFlipped(
      float[] image, int down, int right, boolean flip, float black) {
    float[] result = new float[image.length];
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        int fromY = y - down;
        int fromX = x - right;
        boolean inside = fromY >= 0 && fromY < HEIGHT && fromX >= 0 && fromX < WIDTH;
        result[y * WIDTH + (flip ? WIDTH - 1 - x : x)] =
            inside ? image[fromY * WIDTH + fromX] : black;
      }
    }
    return result;
  }

  @Test
  void cropAndFlipMovePixelsAndEveryMoveOccursEquallyOften() {
    Examples changed = IMAGES.augmented(Augmentation.parse("crop=1,flip"), 5, 3);
    int[] seen = new int[18];
    for (int e = 0; e < COUNT; e++) {
      float[] from = IMAGES.inputs(e, 1);
      float[] to = changed.inputs(e, 1);
      int found = -1;
      for (int which = 0; which < 18; which++) {
        int down = which % 3 - 1;
        int right = which / 3 % 3 - 1;
        float[] expected = new float[SHAPE.size()];
        for (int c = 0; c < 2; c++) {
          float black = (float) (c == 0 ? -0.5 / 0.25 : -0.25 / 0.5);
          float[] plane = Arrays.copyOfRange(from, c * 48, (c + 1) * 48);
          System.arraycopy(
              croppedAndFlipped(plane, down, right, which >= 9, black), 0, expected, c * 48, 48);
        }
        if (Arrays.equals(expected, to)) {
          found = which;
        }
      }
      assertThat(found).as("image %d", e).isGreaterThanOrEqualTo(0);
      seen[found]++;
      assertThat(changed.label(e)).isEqualTo(IMAGES.label(e));
    }
    // 400 / 18 = 22 of each; five deviations are 23.
    for (int count : seen) {
      assertThat(count).isBetween(3, 45);
    }
  }

  /** Numbers of augmentations.py: each draw of RandomCrop and RandomHorizontalFlip, and turns. */
  @ParameterizedTest
  @CsvSource({"crop-6x8, 6, 8, 50, 0", "turn-6x8, 6, 8, 27, 2e-6", "turn-9x9, 9, 9, 27, 2e-6"})
  void imagesAreMovedMirroredAndTurnedAsByTorchvision(
      String name, int height, int width, int cases, float tolerance) throws IOException {
    float[] image = new float[height * width];
    for (int i = 0; i < image.length; i++) {
      image[i] = (float) (37 * i % 101 / 101.0 - 0.5);
    }
    List<double[]> lines = Golden.lines("augmentations.txt", name);
    assertThat(lines).hasSize(cases);
    for (double[] line : lines) {
      PixelMap.Sides sides = line[2] == 1 ? PixelMap.Sides.SWAPPED : PixelMap.Sides.KEPT;
      float[] changed = new float[image.length];
      new PixelMap(height, width, (int) line[0], (int) line[1], sides, line[3])
          .apply(image, 0, -0.75f, changed, 0);
      for (int i = 0; i < image.length; i++) {
        assertThat(changed[i])
            .as("number %d of %s", i, Arrays.toString(Arrays.copyOf(line, 4)))
            .isCloseTo((float) line[4 + i], within(tolerance));
      }
    }
  }

  @Property(tries = 100)
  void seedEpochAndNumberDecideWhatBecomesOfAnImage(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 500) int epoch) {
    Augmentation how = Augmentation.parse("crop=2,flip,rotate=20");
    float[] all = IMAGES.augmented(how, seed, epoch).inputs(0, 20);
    assertThat(IMAGES.augmented(how, seed, epoch).inputs(0, 20)).isEqualTo(all);
    assertThat(IMAGES.first(30).augmented(how, seed, epoch).first(20).inputs(0, 20)).isEqualTo(all);
    assertThat(IMAGES.unpacked().augmented(how, seed, epoch).inputs(0, 20)).isEqualTo(all);
    assertThat(IMAGES.augmented(how, seed + 1, epoch).inputs(0, 20)).isNotEqualTo(all);
    assertThat(IMAGES.augmented(how, seed, epoch + 1).inputs(0, 20)).isNotEqualTo(all);
  }

  @Test
  void anImageIsChangedDifferentlyInEachEpochAndFromItsNeighbours() {
    byte[] same = new byte[100 * SHAPE.size()];
    for (int i = 0; i < same.length; i++) {
      same[i] = (byte) (i % SHAPE.size());
    }
    Examples copies = Examples.ofPixels(SHAPE, same, SCALE, Labels.of(1, new int[100]));
    Set<List<Float>> different = new HashSet<>();
    for (int epoch = 1; epoch <= 3; epoch++) {
      Examples changed = copies.augmented(Augmentation.parse("rotate=30"), 1, epoch);
      for (int e = 0; e < 100; e++) {
        List<Float> numbers = new ArrayList<>();
        for (float v : changed.inputs(e, 1)) {
          numbers.add(v);
        }
        different.add(numbers);
      }
    }
    assertThat(different).hasSize(300);
  }

  @Test
  void whatIsNotAskedForDoesNotChangeTheRest() {
    float[] cropped = IMAGES.augmented(Augmentation.parse("crop=2"), 1, 1).inputs(0, 50);
    float[] both = IMAGES.augmented(Augmentation.parse("crop=2,flip"), 1, 1).inputs(0, 50);
    int equal = 0;
    for (int e = 0; e < 50; e++) {
      boolean same = true;
      for (int i = e * 96; i < (e + 1) * 96; i++) {
        same &= cropped[i] == both[i];
      }
      equal += same ? 1 : 0;
    }
    assertThat(equal).isBetween(8, 42);
  }

  @Test
  void aQuarterTurnOfASquareIsExactAndCounterClockwise() {
    // A 3×3 image within the map's frame would not be square; this one is.
    float[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    float[] changed = new float[9];
    new PixelMap(3, 3, 0, 0, PixelMap.Sides.KEPT, 90).apply(image, 0, -9, changed, 0);
    float[] expected = {3, 6, 9, 2, 5, 8, 1, 4, 7};
    for (int i = 0; i < 9; i++) {
      assertThat(changed[i]).isCloseTo(expected[i], within(1e-5f));
    }
  }

  @Test
  void aPlaneIsSampledExactlyAndTheCentreStays() {
    // Bilinear sampling of a·y + b·x + c is exact, wherever it falls inside.
    float[] plane = new float[HEIGHT * WIDTH];
    for (int i = 0; i < plane.length; i++) {
      plane[i] = 3 * (i / WIDTH) + 2 * (i % WIDTH) + 1;
    }
    double angle = Math.toRadians(20);
    float[] changed = turned(plane, 1, 0, PixelMap.Sides.KEPT, 20);
    for (int y = 2; y < 5; y++) {
      for (int x = 3; x < 5; x++) {
        double dy = y - 1 - 2.5;
        double dx = x - 3.5;
        double fromY = 2.5 + Math.cos(angle) * dy + Math.sin(angle) * dx;
        double fromX = 3.5 - Math.sin(angle) * dy + Math.cos(angle) * dx;
        assertThat((double) changed[y * WIDTH + x])
            .isCloseTo(3 * fromY + 2 * fromX + 1, within(1e-4));
      }
    }
  }

  @Test
  void cornersThatComeFromOutsideAreBlack() {
    float[] white = new float[HEIGHT * WIDTH];
    Arrays.fill(white, 1);
    float[] changed = turned(white, 0, 0, PixelMap.Sides.KEPT, 45);
    assertThat(changed[0]).isEqualTo(-9);
    assertThat(changed[2 * WIDTH + 3]).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"crop=4,flip,rotate=15", "crop=4", "flip", "rotate=180", "none"})
  void aTextIsReadAndWrittenAlike(String text) {
    assertThat(Augmentation.parse(text)).hasToString(text);
    assertThat(Augmentation.parse(Augmentation.parse(text).toString()))
        .isEqualTo(Augmentation.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "crop",
        "crop=",
        "crop=x",
        "crop=1,crop=1",
        "flip,flip",
        "flip=1",
        "none,flip",
        "spin=3",
        "rotate=1.5",
        "crop=4,",
        "crop=99999999999"
      })
  void anotherTextIsRefusedInOneLine(String text) {
    assertThatThrownBy(() -> Augmentation.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("augmentation '" + text + "': expected ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void whatCannotBeIsRefused() {
    assertThatThrownBy(() -> Augmentation.parse("crop=-1"))
        .hasMessage("augmentation: expected crop >= 0, found -1");
    assertThatThrownBy(() -> Augmentation.parse("rotate=181"))
        .hasMessage("augmentation: expected rotate from 0 to 180 degrees, found 181");
    assertThatThrownBy(() -> Cases.noise(4, 30, 2, 1).augmented(Augmentation.parse("flip"), 1, 1))
        .hasMessage(
            "augmentation flip: expected images of at least 2 pixels a side, found examples of 1x1x30");
    assertThatThrownBy(() -> IMAGES.augmented(Augmentation.parse("crop=7"), 1, 1))
        .hasMessage(
            "augmentation crop=7: expected images of at least 7 pixels a side, found examples of 2x6x8");
    assertThat(IMAGES.augmented(Augmentation.NONE, 1, 1)).isSameAs(IMAGES);
  }

  @Test
  void aSpecKeepsItAsText() {
    assertThat(SpecJson.text(Augmentation.parse("crop=4,flip"))).isEqualTo("\"crop=4,flip\"");
  }
}
