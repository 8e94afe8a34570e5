package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.OpenBlas.Op;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

final class OneDnnTest {
  private static final int N = 700;

  @Test
  @EnabledOnOs(
      value = {OS.LINUX, OS.WINDOWS},
      architectures = "amd64")
  void isThereOnIntelAndAmd() {
    assertThat(OneDnn.isAvailable()).isTrue();
  }

  @Test
  void multipliesLikeOpenBlas() {
    try (NativeMatrix a = gaussian(40, 30, 1);
        NativeMatrix b = gaussian(40, 50, 2);
        NativeMatrix found = gaussian(30, 50, 3);
        NativeMatrix expected = gaussian(30, 50, 3)) {
      multiply(OneDnn::multiply, a, b, found);
      multiply(Sgemm.openBlas(), a, b, expected);

      Cases.assertClose(numbers(found, 30, 50), numbers(expected, 30, 50), 1e-6);
    }
  }

  private static void multiply(Sgemm sgemm, NativeMatrix a, NativeMatrix b, NativeMatrix c) {
    sgemm.multiply(
        Op.TRANSPOSED,
        Op.AS_IS,
        30,
        50,
        40,
        0.5f,
        a.row(0),
        a.stride(),
        b.row(0),
        b.stride(),
        2,
        c.row(0),
        c.stride());
  }

  /** OpenMP would start more threads of the same name. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void staysOnTheCallingThread() throws Exception {
    AtomicLong threads = new AtomicLong();
    try (NativeMatrix a = gaussian(N, N, 1);
        NativeMatrix c = new NativeMatrix(N, N)) {
      Thread multiplier =
          new Thread(
              () -> {
                square(a, c);
                threads.set(threadsNamed("multiplier"));
              },
              "multiplier");
      multiplier.start();
      multiplier.join();
    }
    assertThat(threads).hasValue(1);
  }

  private static void square(NativeMatrix a, NativeMatrix c) {
    OneDnn.multiply(
        Op.AS_IS,
        Op.AS_IS,
        N,
        N,
        N,
        1,
        a.row(0),
        a.stride(),
        a.row(0),
        a.stride(),
        0,
        c.row(0),
        c.stride());
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
    try (NativeMatrix a = new NativeMatrix(4, 4)) {
      assertThatThrownBy(
              () ->
                  OneDnn.multiply(
                      Op.AS_IS, Op.AS_IS, 4, 4, 4, 1, a.row(0), 1, a.row(0), 4, 0, a.row(0), 4))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("product of 4x4 and 4x4: oneDNN's sgemm returned status ");
    }
  }

  private static NativeMatrix gaussian(int rows, int cols, long seed) {
    float[] values = Matrix.gaussian(rows, cols, new SplittableRandom(seed)).toArray();
    NativeMatrix matrix = new NativeMatrix(rows, cols);
    for (int i = 0; i < rows; i++) {
      matrix.put(i, values, i * cols);
    }
    return matrix;
  }

  private static float[] numbers(NativeMatrix matrix, int rows, int cols) {
    float[] numbers = new float[rows * cols];
    float[] row = new float[cols];
    for (int i = 0; i < rows; i++) {
      matrix.get(i, row);
      System.arraycopy(row, 0, numbers, i * cols, cols);
    }
    return numbers;
  }
}
