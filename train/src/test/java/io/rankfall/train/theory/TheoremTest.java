package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.theory.BoundCheck.Measured;
import io.rankfall.train.theory.StepRecursion.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * The theorem by brute force: small trainings by the textbook's steps in double precision, whose
 * ranks a singular value decomposition of this test's own counts. Only window, bound and verdict
 * are the code's.
 */
final class TheoremTest {
  private static final int TRIES = 400;

  /** Of some forty steps and a decomposition, relative to ‖W_T‖; the oldest gradients are above. */
  private static final double ROUNDING = 1e-11;

  /** Where the gradients come from: the theorem does not ask. */
  private enum Gradients {
    RANDOM,
    /** They die out faster than the weights: the premise is to fail. */
    DYING,
    /** Of ‖W·x − A·x‖², which depend on W. */
    OF_A_LOSS
  }

  /** What one training, chosen by its seed, arrives at. */
  private static final class Training {
    final StepRecursion rule;
    final LearningRates rates;
    final int steps;
    final double epsilon;
    final int batch;
    final int positions;
    final int rows;
    final int cols;
    final Gradients kind;

    /** W_0 to W_T. */
    final List<double[]> weights = new ArrayList<>();

    /** That of step t at t; none at 0. */
    final List<double[]> gradients = new ArrayList<>();

    Training(long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      Form form = List.of(Form.values()).get(random.nextInt(3));
      double momentum = random.nextBoolean() ? 0 : random.nextDouble(0.5);
      rule = new StepRecursion(form, random.nextDouble(0.4, 0.95), momentum);
      rates = MemoryWindowTest.rates(random);
      steps = (int) Math.max(1, rates.steps() - random.nextInt(3));
      epsilon = Math.exp(random.nextDouble(Math.log(0.05), Math.log(0.8)));
      batch = random.nextInt(1, 4);
      positions = random.nextInt(1, 3);
      rows = random.nextInt(14, 37);
      cols = random.nextInt(14, 37);
      kind = List.of(Gradients.values()).get(random.nextInt(3));
      double initialNorm = Math.exp(random.nextDouble(-4, 4));
      train(random, initialNorm / Math.sqrt(rows * cols));
    }

    private void train(SplittableRandom random, double initial) {
      TextbookOptimizer[] w = new TextbookOptimizer[rows * cols];
      double[] target = new double[w.length];
      for (int i = 0; i < w.length; i++) {
        w[i] = new TextbookOptimizer(rule, initial * random.nextGaussian(), 0);
        target[i] = random.nextGaussian();
      }
      weights.add(values(w));
      gradients.add(new double[w.length]);
      for (int t = 1; t <= steps; t++) {
        double[] gradient = gradient(random, weights.get(t - 1), target, t);
        gradients.add(gradient);
        for (int i = 0; i < w.length; i++) {
          w[i].step(rates.at(t), gradient[i]);
        }
        weights.add(values(w));
      }
    }

    /** Σ δ·xᵀ over B·R uses of the weights. */
    private double[] gradient(SplittableRandom random, double[] w, double[] target, int t) {
      double[] gradient = new double[rows * cols];
      for (int use = 0; use < batch * positions; use++) {
        double[] x = random.doubles(cols, -1, 1).toArray();
        double[] delta = random.doubles(rows, -1, 1).toArray();
        for (int i = 0; i < rows; i++) {
          if (kind == Gradients.OF_A_LOSS) {
            delta[i] = 0;
            for (int j = 0; j < cols; j++) {
              delta[i] += (w[i * cols + j] - target[i * cols + j]) * x[j];
            }
          } else if (kind == Gradients.DYING) {
            delta[i] *= Math.pow(0.2, t);
          }
          for (int j = 0; j < cols; j++) {
            gradient[i * cols + j] += delta[i] * x[j] / (batch * positions * cols);
          }
        }
      }
      return gradient;
    }

    double[] last() {
      return weights.get(steps);
    }

    /**
     * V_n: the last n steps once more with the same gradients, but from nothing. With Nesterov's
     * momentum, m·v = (W_{t−1} − W_t)/μ − G − wd·W of two matrices that are zero is −G.
     */
    double[] witness(int n) {
      double m = rule.momentum();
      TextbookOptimizer[] v = new TextbookOptimizer[rows * cols];
      for (int i = 0; i < v.length; i++) {
        boolean carries = rule.form() == Form.NESTEROV && m > 0;
        v[i] = new TextbookOptimizer(rule, 0, carries ? -gradients.get(steps - n)[i] / m : 0);
        for (int t = steps - n + 1; t <= steps; t++) {
          v[i].step(rates.at(t), gradients.get(t)[i]);
        }
      }
      return values(v);
    }

    private static double[] values(TextbookOptimizer[] w) {
      return Arrays.stream(w).mapToDouble(one -> one.w).toArray();
    }

    double[] singularValues(double[] w) {
      return TheoremTest.singularValues(w, rows, cols);
    }

    Matrix rounded(double[] w) {
      return Matrix.filled(
          rows,
          cols,
          to -> {
            for (int i = 0; i < to.length; i++) {
              to[i] = (float) w[i];
            }
          });
    }
  }

  /** How many trainings showed what. */
  private static final class Tally {
    final Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);
    int withMomentum;
    int withSchedule;
    int premiseOfThePaper;
    int exceedsWithoutPremise;
  }

  /**
   * Wherever the measured premise is true, W_T has an ε-rank of at most B·R·n, and the sum of the
   * last n updates is the matrix that shows it.
   */
  @Test
  void noRankExceedsTheBoundWhereThePremiseIsTrue() {
    Tally tally = new Tally();
    for (long seed = 0; seed < TRIES; seed++) {
      Training training = new Training(seed);
      MemoryWindow window =
          MemoryWindow.endingAt(training.rule, training.rates, training.steps, training.epsilon);
      Long n = window.steps();
      assertThat(n).isNotNull();
      // Before step 1 there is no gradient, and no matrix, that a step could have gone on from.
      int first = training.rule.momentum() == 0 ? 0 : 1;
      if (n != null && n <= training.steps - first) {
        RankBound bound =
            new RankBound(window, training.batch, training.positions, training.rows, training.cols);
        check(seed, training, bound, Math.toIntExact(n), tally);
      }
    }
    // None of it is shown by trainings that the bound says nothing of.
    assertThat(tally.verdicts.get(Verdict.HOLDS)).isGreaterThan(TRIES / 4);
    assertThat(tally.withMomentum).isGreaterThan(TRIES / 20);
    assertThat(tally.withSchedule).isGreaterThan(TRIES / 20);
    assertThat(tally.premiseOfThePaper).isGreaterThan(TRIES / 5);
    assertThat(tally.exceedsWithoutPremise).isGreaterThan(TRIES / 50);
  }

  private static void check(long seed, Training training, RankBound bound, int n, Tally tally) {
    double[] last = training.last();
    double norm = norm(last);
    double from = norm(training.weights.get(training.steps - n));
    double before = norm(training.weights.get(Math.max(0, training.steps - n - 1)));
    Fading fading = new Fading(training.rule, training.rates, training.steps);
    fading.backTo(n);
    double remainder = Math.abs(fading.last()) * from + Math.abs(fading.lastButOne()) * before;
    double error = witnessError(seed, training, n, rank(bound));
    double rounding = ROUNDING * (norm + from + before);
    assertThat(error).as("error, seed %d", seed).isLessThanOrEqualTo(remainder + rounding);
    if (training.rule.momentum() == 0) {
      assertThat(error).as("error, seed %d", seed).isGreaterThanOrEqualTo(remainder - rounding);
    }
    if (from <= 2 * norm && before <= 2 * norm) {
      // The premise as the paper has it is enough for the one that is measured.
      tally.premiseOfThePaper++;
      assertThat(remainder)
          .as("premise, seed %d", seed)
          .isLessThanOrEqualTo(training.epsilon * norm * (1 + ROUNDING));
    }
    int rank = epsilonRank(training.singularValues(last), training.epsilon);
    boolean premise = remainder + ROUNDING * norm <= training.epsilon * norm;
    if (premise) {
      assertThat((long) rank).as("rank, seed %d", seed).isLessThanOrEqualTo(rank(bound));
      assertThat(error).as("error, seed %d", seed).isLessThanOrEqualTo(training.epsilon * norm);
    } else if (rank > rank(bound)) {
      tally.exceedsWithoutPremise++;
    }
    Verdict verdict = verdict(bound, rank, training, remainder, ROUNDING * norm);
    assertThat(verdict)
        .as("seed %d", seed)
        .isEqualTo(
            rank(bound) >= Math.min(training.rows, training.cols)
                ? Verdict.VACUOUS
                : premise ? Verdict.HOLDS : Verdict.NOT_YET);
    MeasuredSpectrum measured = new MeasuredSpectrum(Spectrum.of(training.rounded(last)));
    int measuredRank = measured.epsilonRank(training.epsilon);
    assertThat(verdict(bound, measuredRank, training, remainder, measured.uncertainty()))
        .as("in single precision, as a training has it, seed %d", seed)
        .isNotEqualTo(Verdict.VIOLATED);
    tally.verdicts.merge(verdict, 1, Integer::sum);
    if (verdict == Verdict.HOLDS) {
      tally.withMomentum += training.rule.momentum() > 0 ? 1 : 0;
      tally.withSchedule += training.rates.spans().size() > 1 ? 1 : 0;
    }
  }

  private static Verdict verdict(
      RankBound bound, int rank, Training training, double remainder, double rounding) {
    double norm = norm(training.last());
    return BoundCheck.of(bound, new Measured(rank, training.steps, norm, remainder, rounding), null)
        .verdict();
  }

  /** ‖W_T − V_n‖, of whose rank it makes sure. */
  private static double witnessError(long seed, Training training, int n, long most) {
    double[] witness = training.witness(n);
    assertThat((long) above(training.singularValues(witness), ROUNDING))
        .as("rank of the witness, seed %d", seed)
        .isLessThanOrEqualTo(most);
    return norm(minus(training.last(), witness));
  }

  private static long rank(RankBound bound) {
    return requireNonNull(bound.rank());
  }

  @Test
  void singularValuesAreTheOnesKnown() {
    // The columns (3, 0), (4, 5): σ² are the roots of σ⁴ − 50·σ² + 225.
    assertThat(singularValues(new double[] {3, 4, 0, 5}, 2, 2))
        .satisfies(sigma -> assertThat(sigma[0]).isCloseTo(Math.sqrt(45), within(1e-12)))
        .satisfies(sigma -> assertThat(sigma[1]).isCloseTo(Math.sqrt(5), within(1e-12)));
    assertThat(above(singularValues(new double[] {1, 2, 3, 2, 4, 6}, 2, 3), ROUNDING)).isOne();
    assertThat(epsilonRank(new double[] {5, 4, 3}, 0.6)).isEqualTo(2);
    assertThat(epsilonRank(new double[] {5, 4, 3}, 0.75)).isEqualTo(1);
  }

  /** Smallest r with √(Σ_{i>r} σ²) ≤ ε·‖W‖. */
  private static int epsilonRank(double[] sigma, double epsilon) {
    int r = 0;
    while (norm(Arrays.copyOfRange(sigma, r, sigma.length)) > epsilon * norm(sigma)) {
      r++;
    }
    return r;
  }

  private static int above(double[] sigma, double share) {
    return (int) Arrays.stream(sigma).filter(s -> s > share * sigma[0]).count();
  }

  /** Descending, by Hestenes's rotations: until all columns are orthogonal. */
  private static double[] singularValues(double[] matrix, int rows, int cols) {
    double[][] columns = new double[cols][rows];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < cols; j++) {
        columns[j][i] = matrix[i * cols + j];
      }
    }
    double tolerance = 1e-14 * norm(matrix);
    for (boolean turned = true; turned; ) {
      turned = false;
      for (int p = 0; p < cols; p++) {
        for (int q = p + 1; q < cols; q++) {
          turned |= rotate(columns[p], columns[q], tolerance);
        }
      }
    }
    double[] norms = Arrays.stream(columns).mapToDouble(TheoremTest::norm).sorted().toArray();
    double[] sigma = new double[Math.min(rows, cols)];
    for (int i = 0; i < sigma.length; i++) {
      sigma[i] = norms[cols - 1 - i];
    }
    return sigma;
  }

  /** Whether the two were not orthogonal before. */
  private static boolean rotate(double[] a, double[] b, double tolerance) {
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (int i = 0; i < a.length; i++) {
      aa += a[i] * a[i];
      bb += b[i] * b[i];
      ab += a[i] * b[i];
    }
    // What is left of a column that depends on others is rounding, which no turning takes away.
    if (Math.abs(ab) <= tolerance * Math.sqrt(Math.max(aa, bb))) {
      return false;
    }
    double zeta = (bb - aa) / (2 * ab);
    double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
    double cosine = 1 / Math.sqrt(1 + tangent * tangent);
    double sine = cosine * tangent;
    for (int i = 0; i < a.length; i++) {
      double x = a[i];
      a[i] = cosine * x - sine * b[i];
      b[i] = sine * x + cosine * b[i];
    }
    return true;
  }

  private static double[] minus(double[] a, double[] b) {
    double[] difference = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i];
    }
    return difference;
  }

  private static double norm(double[] a) {
    return Math.sqrt(Arrays.stream(a).map(x -> x * x).sum());
  }
}
