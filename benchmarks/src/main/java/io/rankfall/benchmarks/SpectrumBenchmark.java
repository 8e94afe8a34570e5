package io.rankfall.benchmarks;

import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Rank;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.spectra.Truncation;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Milliseconds for all singular values, for the rank at a threshold alone, and for factors of rank
 * 64: the best ones, and those from a random Krylov space.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class SpectrumBenchmark {
  @Param({"512x512", "512x4608", "2048x2048"})
  public String shape = "512x512";

  private Matrix matrix;

  @SuppressWarnings("NullAway.Init")
  public SpectrumBenchmark() {}

  @Setup
  public void draw() {
    String[] sides = shape.split("x", -1);
    matrix =
        Matrix.gaussian(
            Integer.parseInt(sides[0]), Integer.parseInt(sides[1]), new SplittableRandom(1));
  }

  @Benchmark
  public Spectrum singularValues() {
    return Spectrum.of(matrix);
  }

  @Benchmark
  public int rank() {
    return Rank.of(matrix, RankRule.FROBENIUS_THOUSANDTH);
  }

  @Benchmark
  public LowRank leadingFactors() {
    return Truncation.leading(matrix, 64, 1);
  }

  @Benchmark
  public LowRank factors() {
    return Truncation.of(matrix).at(64);
  }
}
