package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.Batch;
import io.rankfall.train.Examples;
import io.rankfall.train.GradientFactors;
import io.rankfall.train.GradientListener;
import io.rankfall.train.Initialization;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.theory.StepRecursion.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code docs/theory.md} derives beyond plain SGD, by brute force. */
final class ExtensionsTest {
  private static final int ROWS = 14;
  private static final int COLS = 17;

  /** W_T without what is left of W_{T−n} and W_{T−n−1} has the rank of the gradients it adds up. */
  @Property(tries = 60)
  void momentumAddsAsManyGradientsAsSteps(
      @ForAll Form form,
      @ForAll @IntRange(min = 1, max = 2) int batch,
      @ForAll @IntRange(min = 0, max = 9) int tenths,
      @ForAll @IntRange(min = 1, max = 4) int n,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StepRecursion rule = new StepRecursion(form, 0.3, tenths / 10.0);
    LearningRates rates =
        new LearningRates(
            List.of(new LearningRates.Span(0.4, 9), new LearningRates.Span(0.1, 1000)));
    TextbookOptimizer[] weights = new TextbookOptimizer[ROWS * COLS];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = new TextbookOptimizer(rule, random.nextGaussian(), 0);
    }
    int end = 12;
    List<double[]> history = new ArrayList<>();
    history.add(values(weights));
    for (int t = 1; t <= end; t++) {
      float[] gradient = gradient(batch, random).toArray();
      for (int i = 0; i < weights.length; i++) {
        weights[i].step(rates.at(t), gradient[i]);
      }
      history.add(values(weights));
    }
    Fading fading = new Fading(rule, rates, end);
    for (int j = 0; j < n; j++) {
      fading.back();
    }
    double[] last = history.get(end - n);
    double[] before = history.get(end - n - 1);
    Matrix sum =
        Matrix.filled(
            ROWS,
            COLS,
            to -> {
              for (int i = 0; i < to.length; i++) {
                to[i] =
                    (float)
                        (weights[i].w - fading.last() * last[i] - fading.lastButOne() * before[i]);
              }
            });
    int rank = 0;
    Spectrum spectrum = Spectrum.of(sum);
    while (rank < ROWS && spectrum.sigma(rank) > 3e-6 * spectrum.sigma(0)) {
      rank++;
    }
    assertThat((long) rank).isLessThanOrEqualTo(batch * rule.gradients(n));
    if (form != Form.NESTEROV) {
      assertThat(rank).isEqualTo(batch * n);
    }
  }

  private static double[] values(TextbookOptimizer[] weights) {
    double[] values = new double[weights.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = weights[i].w;
    }
    return values;
  }

  private static Matrix gradient(int batch, SplittableRandom random) {
    return Matrix.gaussian(ROWS, batch, random).times(Matrix.gaussian(batch, COLS, random));
  }

  /** |p_n| + |q_n| ≤ λ₁·(1+λ₂)/(λ₁−λ₂)·λ₁^n, the price of the companion's non-normality. */
  @Property(tries = 200)
  void theConstantComesFromTheRoots(
      @ForAll Form form,
      @ForAll @IntRange(min = 0, max = 95) int hundredths,
      @ForAll @IntRange(min = 1, max = 40) int k) {
    double m = hundredths / 100.0;
    // A share of the largest μ·wd with real roots, the larger of which falls with it.
    double most =
        switch (form) {
          case HEAVY_BALL -> Math.pow(1 - Math.sqrt(m), 2);
          case NESTEROV -> Math.pow((1 - m) / (1 + m), 2);
          case DECOUPLED -> 1 - m;
        };
    double decay = k / 41.0 * most;
    StepRecursion rule = new StepRecursion(form, decay, m);
    double large = rule.spectralRadius(1);
    double small = (form == Form.HEAVY_BALL ? m : m * (1 - decay)) / large;
    if (form == Form.DECOUPLED) {
      assertThat(large).isCloseTo(1 - decay, within(1e-12));
    }
    double constant = large * (1 + small) / (large - small);
    Fading fading = new Fading(rule, LearningRates.constant(1, 1), 1);
    for (int n = 1; n <= 300 && Math.pow(large, n) > 1e-290; n++) {
      fading.back();
      double bound = constant * Math.pow(large, n);
      assertThat(fading.share()).isLessThanOrEqualTo(bound * (1 + 1e-9));
      if (Math.pow(small / large, n) < 1e-9) {
        assertThat(fading.share()).isCloseTo(bound, within(1e-6 * bound));
      }
    }
  }

  @Test
  void clippingByNormKeepsTheRankClippingByValueDoesNot() {
    Matrix gradient = gradient(2, new SplittableRandom(1));
    assertThat(rank(gradient)).isEqualTo(2);
    double factor = 0.1 / gradient.frobeniusNorm();
    assertThat(rank(mapped(gradient, g -> factor * g))).isEqualTo(2);
    assertThat(rank(mapped(gradient, g -> Math.max(-0.5, Math.min(0.5, g))))).isGreaterThan(2);
  }

  /** The sum of the gradients of k batches at the same weights, as a learner makes them. */
  @ParameterizedTest
  @CsvSource({"1, 3", "4, 2", "4, 3"})
  void accumulatedBatchesAddTheirRanks(int batch, int k) {
    Examples examples = Clouds.of(batch * k, 2);
    Network weights =
        new Mlp(Clouds.FEATURES, List.of(40), 3, Mlp.Normalization.NONE)
            .initialize(Initialization.HE, 4);
    Factors all = new Factors();
    for (int i = 0; i < k; i++) {
      Factors one = new Factors();
      try (Learner learner =
          LearnerKind.FUSED.start(
              weights, new Optimizer(0.1, 0.1, 0, StepSchedule.CONSTANT), batch)) {
        learner.listen(one.andThen(all));
        learner.step(Batch.range(examples, i * batch, batch), 0.1);
      }
      assertThat(one.rank().exact()).isEqualTo(batch);
    }
    assertThat(all.rank()).isEqualTo(new GradientRank("fc1", 1, k * batch, k * batch, k * batch));
  }

  /** Of the first layer, of all batches heard of. */
  private static final class Factors implements GradientListener {
    private float[] deltas = new float[0];
    private float[] inputs = new float[0];
    private int rows;

    @Override
    public void onFactors(int layer, GradientFactors factors) {
      if (layer > 0) {
        return;
      }
      for (int b = 0; b < factors.rows(); b++, rows++) {
        deltas = Arrays.copyOf(deltas, (rows + 1) * 40);
        inputs = Arrays.copyOf(inputs, (rows + 1) * Clouds.FEATURES);
        factors.copyDelta(b, deltas, rows * 40);
        factors.copyInputs(b, inputs, rows * Clouds.FEATURES);
      }
    }

    @Override
    public void onGradient(int layer, Supplier<Matrix> gradient) {
      throw new AssertionError("factors expected");
    }

    GradientRank rank() {
      return GradientRank.ofFactors(
          "fc1", 1, Matrix.of(rows, 40, deltas), Matrix.of(rows, Clouds.FEATURES, inputs));
    }
  }

  /** k views of an example have inputs and deltas of their own, like k examples. */
  @Test
  void viewsOfAnExampleCountAsExamples() {
    SplittableRandom random = new SplittableRandom(6);
    Matrix example = Matrix.gaussian(1, COLS, random);
    Matrix views =
        Matrix.filled(
            4,
            COLS,
            to -> {
              for (int i = 0; i < to.length; i++) {
                // Mirrored, shifted, rescaled and as it is.
                int j = i % COLS;
                to[i] =
                    switch (i / COLS) {
                      case 0 -> example.get(0, j);
                      case 1 -> example.get(0, COLS - 1 - j);
                      case 2 -> example.get(0, (j + 1) % COLS);
                      default -> 2 * example.get(0, j);
                    };
              }
            });
    Matrix deltas = Matrix.gaussian(4, ROWS, random);
    // The rescaled one is a multiple: three directions of inputs.
    assertThat(GradientRank.ofFactors("fc1", 1, deltas, views).exact()).isEqualTo(3);
    assertThat(GradientRank.ofFactors("fc1", 1, deltas, views).bound()).isEqualTo(4);
  }

  /** Adam divides entry by entry: from gradients of rank 1 it makes updates of full rank. */
  @Test
  void adamsUpdatesAreOfFullRank() {
    SplittableRandom random = new SplittableRandom(3);
    double[] first = new double[ROWS * COLS];
    double[] second = new double[ROWS * COLS];
    List<Integer> ranks = new ArrayList<>();
    for (int t = 1; t <= 20; t++) {
      Matrix gradient = gradient(1, random);
      assertThat(rank(gradient)).isEqualTo(1);
      float[] g = gradient.toArray();
      int step = t;
      Matrix update =
          Matrix.filled(
              ROWS,
              COLS,
              to -> {
                for (int i = 0; i < to.length; i++) {
                  first[i] = 0.9 * first[i] + 0.1 * g[i];
                  second[i] = 0.999 * second[i] + 0.001 * g[i] * g[i];
                  double mean = first[i] / (1 - Math.pow(0.9, step));
                  double square = second[i] / (1 - Math.pow(0.999, step));
                  to[i] = (float) (mean / (Math.sqrt(square) + 1e-8));
                }
              });
      ranks.add(rank(update));
    }
    // g/|g| of an outer product is one of signs.
    assertThat(ranks.get(0)).isEqualTo(1);
    assertThat(ranks.get(2)).isGreaterThan(3);
    assertThat(ranks.get(19)).isEqualTo(ROWS);
  }

  private static int rank(Matrix matrix) {
    return GradientRank.ofMatrix("fc1", 1, matrix, Integer.MAX_VALUE).numerical();
  }

  private static Matrix mapped(Matrix matrix, DoubleUnaryOperator map) {
    float[] from = matrix.toArray();
    return Matrix.filled(
        matrix.rows(),
        matrix.cols(),
        to -> {
          for (int i = 0; i < to.length; i++) {
            to[i] = (float) map.applyAsDouble(from[i]);
          }
        });
  }
}
