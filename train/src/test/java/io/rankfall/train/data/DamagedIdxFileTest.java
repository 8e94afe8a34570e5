package io.rankfall.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.DataFormatException;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever the bytes, an IDX file is read or refused in one line. */
final class DamagedIdxFileTest {

  @Property
  void aDamagedFileIsReadOrRefusedInOneLine(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int damages) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] damaged = Arrays.copyOf(IdxFileTest.twoImages(), random.nextInt(16, 26));
    for (int i = 0; i < damages; i++) {
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
    }
    readOrRefuse(damaged);
  }

  @Property
  void garbageIsRefusedInOneLine(@ForAll byte[] garbage) {
    readOrRefuse(garbage);
  }

  private static void readOrRefuse(byte[] file) {
    try {
      IdxFile.Images images = IdxFile.images("some file", file);
      assertThat(images.pixels().capacity())
          .isEqualTo(images.count() * images.rows() * images.cols());
    } catch (DataFormatException e) {
      assertThat(e.getMessage()).startsWith("some file: expected ").doesNotContain("\n");
    }
    try {
      assertThat(IdxFile.labels("some file", file)).isNotEmpty();
    } catch (DataFormatException e) {
      assertThat(e.getMessage()).startsWith("some file: expected ").doesNotContain("\n");
    }
  }
}
