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
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Where weights settle with decay, and that they do not lose their rank without. */
final class RestTest {
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
