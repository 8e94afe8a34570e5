package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import io.rankfall.compress.RankOptions.Option;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.WeightMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FactorizationTest {
  private static Convolution convolution(Matrix kernel, int inputs, Integer... size) {
    return new Convolution(
        "conv",
        new WeightMatrix("conv", kernel),
        inputs,
        List.of(size),
        "k",
        List.of(new LinearLayer.Use(0, "x", Optional.empty(), 1)));
  }

  /** Squared error relative to ‖K‖², by making the kernel. */
  private static double lost(Factorization factorization, Convolution layer, Decomposition how) {
    Matrix w = how instanceof Spatial ? layer.spatial() : layer.weight().matrix();
    Factors factors = factorization.at(how);
    Matrix made;
    if (how instanceof Tucker t) {
      Matrix core = factors.matrices().get(1);
      float[] wide = new float[t.outputRank() * layer.cols()];
      for (int a = 0; a < t.outputRank(); a++) {
        for (int c = 0; c < layer.inputs(); c++) {
          for (int p = 0; p < layer.positions(); p++) {
            for (int b = 0; b < t.inputRank(); b++) {
              wide[(a * layer.inputs() + c) * layer.positions() + p] +=
                  core.get(a, b * layer.positions() + p) * factors.matrices().get(0).get(b, c);
            }
          }
        }
      }
      made = factors.matrices().get(2).times(Matrix.of(t.outputRank(), layer.cols(), wide));
    } else {
      made = factors.matrices().get(1).times(factors.matrices().get(0));
    }
    return Math.pow(w.minus(made).frobeniusNorm() / w.frobeniusNorm(), 2);
  }

  private static long numbers(Factorization factorization, Decomposition how) {
    return factorization.at(how).matrices().stream().mapToLong(Matrix::size).sum();
  }

  /** Every option is what brute force over all decompositions and ranks finds. */
  @Property(tries = 20)
  void optionsAreTheLeastErrorForTheirNumbers(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 6) int outputs,
      @ForAll @IntRange(min = 2, max = 5) int inputs,
      @ForAll @IntRange(min = 1, max = 3) int height,
      @ForAll @IntRange(min = 2, max = 3) int width) {
    Matrix kernel = Matrix.gaussian(outputs, inputs * height * width, new SplittableRandom(seed));
    Convolution layer = convolution(kernel, inputs, height, width);
    Factorization factorization = Factorization.of(layer);
    List<Decomposition> all = new ArrayList<>();
    for (int r = 1; r <= kernel.fullRank(); r++) {
      all.add(new Channel(r));
    }
    for (int r = 1; height > 1 && r <= layer.spatial().fullRank(); r++) {
      all.add(new Spatial(r));
    }
    for (int in = 1; in <= inputs; in++) {
      for (int out = 1; out <= outputs; out++) {
        all.add(new Tucker(in, out));
      }
    }
    RankOptions options = factorization.options();
    for (int k = 0; k < options.size() - 1; k++) {
      long cost = options.cost(k);
      assertThat(numbers(factorization, options.how(k))).isEqualTo(cost).isLessThan(kernel.size());
      assertThat(lost(factorization, layer, options.how(k)))
          .isCloseTo(options.loss(k), within(1e-5));
      double least =
          all.stream()
              .filter(how -> numbers(factorization, how) <= cost)
              .mapToDouble(how -> lost(factorization, layer, how))
              .min()
              .orElseThrow();
      assertThat(options.loss(k)).isCloseTo(least, within(1e-5));
    }
    assertThat(options.loss(options.size() - 1)).isZero();
    assertThat(options.cost(options.size() - 1)).isEqualTo(kernel.size());
  }

  @Test
  void eachDecompositionIsChosenForTheKernelItFits() {
    SplittableRandom random = new SplittableRandom(5);
    int n = 8;
    Matrix channel = Matrix.gaussian(n, 1, random).times(Matrix.gaussian(1, n * 9, random));
    assertThat(first(convolution(channel, n, 3, 3), 1e-6)).isEqualTo(new Channel(1));
    // Two input channels in disguise and two output channels: cheaper than either alone.
    Factors parts =
        new Factors(
            new Tucker(2, 2),
            List.of(
                Matrix.gaussian(2, n, random),
                Matrix.gaussian(2, 18, random),
                Matrix.gaussian(n, 2, random)));
    assertThat(first(convolution(product(parts, n), n, 3, 3), 1e-6)).isEqualTo(new Tucker(2, 2));
    float[] edges = new float[n * n * 9];
    Matrix across = Matrix.gaussian(n * 3, 2, random);
    Matrix down = Matrix.gaussian(2, n * 3, random);
    Matrix s = across.times(down);
    for (int o = 0; o < n; o++) {
      for (int c = 0; c < n; c++) {
        for (int p = 0; p < 9; p++) {
          edges[(o * n + c) * 9 + p] = s.get(o * 3 + p % 3, c * 3 + p / 3);
        }
      }
    }
    assertThat(first(convolution(Matrix.of(n, n * 9, edges), n, 3, 3), 1e-6))
        .isEqualTo(new Spatial(2));
  }

  private static Decomposition first(Convolution layer, double loss) {
    RankOptions options = Factorization.of(layer).options();
    return options.how(options.losingAtMost(loss));
  }

  private static Matrix product(Factors parts, int inputs) {
    Matrix core = parts.matrices().get(1);
    float[] wide = new float[core.rows() * inputs * 9];
    for (int a = 0; a < core.rows(); a++) {
      for (int c = 0; c < inputs; c++) {
        for (int p = 0; p < 9; p++) {
          for (int b = 0; b < parts.matrices().get(0).rows(); b++) {
            wide[(a * inputs + c) * 9 + p] +=
                core.get(a, b * 9 + p) * parts.matrices().get(0).get(b, c);
          }
        }
      }
    }
    return parts.matrices().get(2).times(Matrix.of(core.rows(), inputs * 9, wide));
  }

  @Test
  void aPointwiseConvolutionIsALinearLayer() {
    Matrix kernel = Matrix.gaussian(9, 12, new SplittableRandom(1));
    Factorization factorization = Factorization.of(convolution(kernel, 12, 1, 1));
    RankOptions options = factorization.options();
    assertThat(options.size()).isEqualTo(6);
    for (int k = 0; k < 5; k++) {
      assertThat(options.how(k)).isEqualTo(new Channel(k + 1));
      assertThat(factorization.why(options.how(k), options.numbers(k))).isEmpty();
    }
  }

  @Test
  void theReasonNamesWhatTheOthersLose() {
    Matrix kernel = Matrix.gaussian(8, 72, new SplittableRandom(1));
    Convolution layer = convolution(kernel, 8, 3, 3);
    Factorization factorization = Factorization.of(layer);
    RankOptions options = factorization.options();
    int k = 0;
    while (!(options.how(k) instanceof Spatial) || options.cost(k) < 160) {
      k++;
    }
    int rank = (int) (options.cost(k) / 80);
    double channel = lost(factorization, layer, new Channel(rank));
    assertThat(factorization.why(options.how(k), options.numbers(k)))
        .startsWith(
            "spatial; for no more parameters channel loses %.2f %%, Tucker loses "
                .formatted(100 * channel));
  }

  @Test
  void tablesShowRanksInTheOrderOfTheChain() {
    assertThat(new Tucker(3, 4).ranks()).isEqualTo("3→4");
    assertThat(new Spatial(3).ranks()).isEqualTo("3");
  }

  /** A rank stands for the numbers of the channel decomposition, whatever is made of them. */
  @Test
  void aRankIsABudgetOfNumbers() {
    Matrix kernel = Matrix.gaussian(8, 72, new SplittableRandom(1));
    Factorization factorization = Factorization.of(convolution(kernel, 8, 3, 3));
    RankOptions options = factorization.options();
    for (int rank = 1; rank <= 7; rank++) {
      int k = options.atRank(rank);
      assertThat(options.cost(k)).isLessThanOrEqualTo(rank * 80L);
      assertThat(options.loss(k))
          .isLessThanOrEqualTo(
              factorization.channel().loss(rank) / factorization.channel().loss(0));
      if (k + 1 < options.size() - 1) {
        assertThat(options.cost(k + 1)).isGreaterThan(rank * 80L);
      }
    }
    assertThat(options.isDense(options.atRank(8))).isTrue();
  }

  @Test
  void manyOptionsAreThinnedEvenlyInCost() {
    List<Option> many = new ArrayList<>();
    for (int i = 1; i <= 50_000; i++) {
      many.add(new Option(new Channel(i), i, 1.0 / i));
    }
    RankOptions options = RankOptions.leastLosses(1000, 1000, many);
    assertThat(options.size()).isBetween(150, 257);
    assertThat(options.cost(0)).isEqualTo(1);
    assertThat(options.cost(options.size() - 2)).isEqualTo(50_000);
    for (int k = 1; k < options.size() - 1; k++) {
      double step = options.cost(k) / (double) options.cost(k - 1);
      assertThat(step > 1 && (step < 1.1 || options.cost(k) < 30)).isTrue();
    }
  }
}
