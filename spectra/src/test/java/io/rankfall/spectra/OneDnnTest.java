package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Blas.Op;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OneDnnTest {
  private static final int N = 700;

  @Test
  @EnabledOnOs(
      value = {OS.LINUX, OS.WINDOWS},
      architectures = "amd64")
  void isThereOnIntelAndAmd() {
    assertThat(OneDnn.isAvailable()).isTrue();
  }

  /** Blas is asked for the same product with oneDNN and without. */
  @ParameterizedTest
  @CsvSource({"AS_IS, AS_IS", "AS_IS, TRANSPOSED", "TRANSPOSED, AS_IS", "TRANSPOSED, TRANSPOSED"})
  void multipliesLikeOpenBlas(Op opA, Op opB) {
    float[] found = product(Blas.load(), opA, opB);
    float[] expected = product(Blas.withoutOneDnn(), opA, opB);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
    }
    assertThat(found).isNotEqualTo(numbers(35 * 50, 3));
  }

  /** 30×50 with inner dimension 40, in matrices that have more rows than are used. */
  private static float[] product(Blas blas, Op opA, Op opB) {
    float[] c = numbers(35 * 50, 3);
    try (FloatPointer a = new FloatPointer(numbers(45 * 45, 1));
        FloatPointer b = new FloatPointer(numbers(55 * 55, 2));
        FloatPointer product = new FloatPointer(c)) {
      blas.sgemm(opA, opB, 30, 50, 40, 0.5f, a, 45, b, 55, 2, product, 35);
      product.get(c);
    }
    return c;
  }

  /** OpenMP would start more threads of the same name. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void staysOnTheCallingThread() throws Exception {
    AtomicLong threads = new AtomicLong();
    Thread multiplier =
        new Thread(
            () -> {
              square();
              threads.set(threadsNamed("multiplier"));
            },
            "multiplier");
    multiplier.start();
    multiplier.join();
    assertThat(threads).hasValue(1);
  }

  private static void square() {
    try (FloatPointer a = new FloatPointer(numbers(N * N, 1));
        FloatPointer c = new FloatPointer(numbers(N * N, 1))) {
      OneDnn.sgemm(Op.AS_IS, Op.AS_IS, N, N, N, 1, a, N, a, N, 0, c, N);
    }
  }

  private static long threadsNamed(String name) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks.filter(task -> isNamed(task, name)).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isNamed(Path task, String name) {
    try {
      return Files.readString(task.resolve("comm")).strip().equals(name);
    } catch (IOException ended) {
      return false;
    }
  }

  @Test
  void aRefusalIsAnError() {
    try (FloatPointer a = new FloatPointer(16)) {
      assertThatThrownBy(() -> OneDnn.sgemm(Op.AS_IS, Op.AS_IS, 4, 4, 4, 1, a, 1, a, 4, 0, a, 4))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("product of 4x4 and 4x4: oneDNN's sgemm returned status ");
    }
  }

  private static float[] numbers(int count, long seed) {
    return Matrix.gaussian(1, count, new SplittableRandom(seed)).toArray();
  }
}
