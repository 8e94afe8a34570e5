package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Norm;
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
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

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
  @Property(tries = 100)
  void heavyBallsConstantComesFromItsRoots(
      @ForAll @IntRange(min = 0, max = 95) int hundredths,
      @ForAll @IntRange(min = 1, max = 40) int k) {
    double m = hundredths / 100.0;
    // A share of the largest μ·wd with real roots, (1 − √m)².
    double decay = k / 41.0 * Math.pow(1 - Math.sqrt(m), 2);
    StepRecursion rule = new StepRecursion(Form.HEAVY_BALL, decay, m);
    double large = rule.spectralRadius(1);
    double small = m / large;
    double constant = large * (1 + small) / (large - small);
    Fading fading = new Fading(rule, LearningRates.constant(1, 1), 1);
    for (int n = 1; n <= 300; n++) {
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

  @Test
  void accumulatedBatchesAddTheirRanks() {
    SplittableRandom random = new SplittableRandom(2);
    Matrix delta = Matrix.gaussian(3 * 2, ROWS, random);
    Matrix inputs = Matrix.gaussian(3 * 2, COLS, random);
    assertThat(GradientRank.ofFactors("fc1", 1, delta, inputs).exact()).isEqualTo(3 * 2);
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

  /**
   * Before batch normalisation the scale of W does not matter: ⟨G, W⟩ = 0, so ‖W‖² grows by μ²‖G‖²
   * and decays by a² = (1 − μ·wd)² a step, and settles at ‖W‖⁴ = μ·g²/(2·wd − μ·wd²) with g =
   * ‖G‖·‖W‖.
   */
  @Test
  void batchNormalisationSettlesWhereGrowthAndDecayMeet() {
    double rate = 0.1;
    double decay = 0.05;
    Examples examples = clouds(400, 20);
    Network initial =
        new Mlp(20, List.of(30), 3, Mlp.Normalization.BATCH).initialize(Initialization.HE, 4);
    Orthogonality seen = new Orthogonality(20, 30);
    try (Learner learner =
        LearnerKind.FUSED.start(
            initial, new Optimizer(rate, decay, 0, StepSchedule.CONSTANT), 16)) {
      learner.listen(seen);
      SplittableRandom random = new SplittableRandom(5);
      for (int step = 0; step < 2500; step++) {
        seen.weights = learner.weight(0);
        learner.step(Batch.of(examples, random.ints(16, 0, 400).toArray()), rate);
        seen.counts = step > 1000;
      }
    }
    assertThat(seen.largestCosine).isLessThan(0.02);
    double lost = 1 - Math.pow(1 - rate * decay, 2);
    double expected = rate * rate * seen.gradients.mean() / lost;
    assertThat(seen.norms.mean()).isCloseTo(expected, within(0.1 * expected));
    double fourth = rate * seen.invariant.mean() / (2 * decay - rate * decay * decay);
    assertThat(seen.norms.mean()).isCloseTo(Math.sqrt(fourth), within(0.2 * Math.sqrt(fourth)));
  }

  private static final class Mean {
    private double sum;
    private long count;

    void add(double value) {
      sum += value;
      count++;
    }

    double mean() {
      return sum / count;
    }
  }

  /** Of the first layer. */
  private static final class Orthogonality implements GradientListener {
    private final float[] x;
    private final float[] delta;
    private Matrix weights = Matrix.of(1, 1, 0);
    private boolean counts;
    private double largestCosine;
    private final Mean norms = new Mean();
    private final Mean gradients = new Mean();
    private final Mean invariant = new Mean();

    Orthogonality(int in, int out) {
      this.x = new float[in];
      this.delta = new float[out];
    }

    @Override
    public void onFactors(int layer, GradientFactors factors) {
      if (layer > 0 || !counts) {
        return;
      }
      double[] gradient = new double[x.length * delta.length];
      for (int b = 0; b < factors.rows(); b++) {
        factors.copyDelta(b, delta, 0);
        factors.copyInputs(b, x, 0);
        for (int i = 0; i < delta.length; i++) {
          for (int j = 0; j < x.length; j++) {
            gradient[i * x.length + j] += (double) delta[i] * x[j];
          }
        }
      }
      float[] w = weights.toArray();
      double inner = 0;
      double squares = 0;
      for (int i = 0; i < w.length; i++) {
        inner += w[i] * gradient[i];
        squares += gradient[i] * gradient[i];
      }
      double norm = weights.frobeniusNorm();
      if (squares > 0) {
        largestCosine = Math.max(largestCosine, Math.abs(inner) / (norm * Math.sqrt(squares)));
      }
      norms.add(norm * norm);
      gradients.add(squares);
      invariant.add(squares * norm * norm);
    }

    @Override
    public void onGradient(int layer, Supplier<Matrix> gradient) {
      throw new AssertionError("factors expected");
    }
  }

  /** The control: the same steps with and without decay. */
  @Test
  void withoutDecayTheRankStays() {
    assertThat(rankAfterTraining(0)).isGreaterThan(24);
    assertThat(rankAfterTraining(0.5)).isLessThan(12);
  }

  private static int rankAfterTraining(double decay) {
    Examples examples = clouds(400, 40);
    Network initial =
        new Mlp(40, List.of(30), 3, Mlp.Normalization.NONE).initialize(Initialization.HE, 4);
    try (Learner learner =
        LearnerKind.FUSED.start(initial, new Optimizer(0.02, decay, 0, StepSchedule.CONSTANT), 1)) {
      SplittableRandom random = new SplittableRandom(5);
      for (int step = 0; step < 1500; step++) {
        learner.step(Batch.of(examples, random.nextInt(400)), 0.02);
      }
      return Spectrum.of(learner.weight(0)).epsilonRank(0.1, Norm.FROBENIUS);
    }
  }

  private static Examples clouds(int size, int features) {
    SplittableRandom random = new SplittableRandom(9);
    float[] inputs = new float[size * features];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) (i % 3);
      for (int j = 0; j < features; j++) {
        inputs[i * features + j] = (float) (random.nextGaussian() + (j % 3 == labels[i] ? 1 : 0));
      }
    }
    return Examples.of(features, 3, inputs, labels);
  }
}
