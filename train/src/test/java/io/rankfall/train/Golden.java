package io.rankfall.train;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What the tests share with the Python scripts beside their golden files. */
final class Golden {
  private Golden() {}

  /** Uniform in ±1/2 with 24 bits: number i of a stream. */
  static double uniform(int stream, long i) {
    long z = (i + ((long) stream << 32) + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z ^= z >>> 27;
    return (z >>> 40) * 0x1p-24 - 0.5;
  }

  static float[] drawn(int stream, long count, double scale, double offset) {
    float[] values = new float[(int) count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (offset + scale * uniform(stream, i));
    }
    return values;
  }

  /** The numbers of the lines that begin with these words. */
  static List<double[]> lines(String file, String words) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(Golden.class.getResourceAsStream(file), file),
                StandardCharsets.US_ASCII))) {
      return lines
          .lines()
          .filter(line -> line.startsWith(words + " "))
          .map(line -> line.substring(words.length() + 1).split(" ", -1))
          .map(numbers -> Arrays.stream(numbers).mapToDouble(Double::parseDouble).toArray())
          .toList();
    }
  }
}
