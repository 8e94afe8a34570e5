package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of rounding, against steps in double precision. */
final class StepRoundingTest {
  private static final int INPUTS = 60;
  private static final int OUTPUTS = 40;
  private static final double RATE = 0.1;

  /** Factors of the first layer's gradient in the last step. */
  private static final class LastGradient implements GradientListener {
    private double[] gradient = new double[OUTPUTS * INPUTS];
    private double terms;

    @Override
    public void onFactors(int layer, GradientFactors factors) {
      if (layer > 0) {
        return;
      }
      gradient = new double[OUTPUTS * INPUTS];
      terms = 0;
      float[] delta = new float[OUTPUTS];
      float[] x = new float[INPUTS];
      for (int b = 0; b < factors.rows(); b++) {
        factors.copyDelta(b, delta, 0);
        factors.copyInputs(b, x, 0);
        terms += Math.sqrt(Vectors.sumOfSquares(delta) * Vectors.sumOfSquares(x));
        for (int i = 0; i < OUTPUTS; i++) {
          for (int j = 0; j < INPUTS; j++) {
            gradient[i * INPUTS + j] += (double) delta[i] * x[j];
          }
        }
      }
    }

    @Override
    public void onGradient(int layer, Supplier<Matrix> gradient) {
      throw new AssertionError("factors expected");
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0.5, 0", "1, 0, 0", "30, 0.5, 0", "1, 0.5, 0.9", "16, 0.01, 0.9", "4, 3, 0.9"})
  void boundsWhatAStepRounds(int batch, double decay, double momentum) {
    Network initial =
        Cases.network(new Mlp(INPUTS, List.of(OUTPUTS), 4, Mlp.Normalization.NONE), 3);
    Examples noise = Cases.noise(20 * batch, INPUTS, 4, 5);
    Optimizer optimizer = Cases.optimizer(RATE, decay, momentum);
    LastGradient last = new LastGradient();
    double[] v = new double[OUTPUTS * INPUTS];
    List<Double> shares = new ArrayList<>();
    double unknown = 0;
    try (Learner learner = LearnerKind.FUSED.start(initial, optimizer, batch)) {
      learner.listen(last);
      for (int step = 0; step < 20; step++) {
        float[] before = learner.weight(0).toArray();
        double norm = learner.norm(0);
        learner.step(Batch.range(noise, step * batch, batch), RATE);
        float[] after = learner.weight(0).toArray();
        double size = 0;
        double squares = 0;
        for (int i = 0; i < v.length; i++) {
          v[i] = momentum * v[i] + last.gradient[i] + decay * before[i];
          size += v[i] * v[i];
          double error = after[i] - (before[i] - RATE * v[i]);
          squares += error * error;
        }
        StepRounding bound =
            StepRounding.of(
                optimizer, RATE, batch, v.length, norm, Math.sqrt(size) + unknown, last.terms);
        // What earlier steps rounded into the learner's v is not in ours.
        unknown = momentum * unknown + bound.velocity();
        double copies = StepRounding.ofCopy(2 * norm + RATE * Math.sqrt(size));
        double allowed = bound.weights() + RATE * unknown + copies;
        assertThat(Math.sqrt(squares)).isLessThanOrEqualTo(allowed);
        shares.add(Math.sqrt(squares) / allowed);

        double measured =
            StepRounding.velocity(
                optimizer,
                RATE,
                v.length,
                norm,
                learner.norm(0),
                Matrix.of(OUTPUTS, INPUTS, before)
                    .minus(Matrix.of(OUTPUTS, INPUTS, after))
                    .frobeniusNorm());
        assertThat(measured).isBetween(Math.sqrt(size) - unknown, 1.001 * Math.sqrt(size));
      }
    }
    // A proof for the worst case, not a formality.
    assertThat(shares).anyMatch(share -> share > 1e-3);
  }

  @Test
  void isTheStatedFormula() {
    double u = 0x1p-24;
    double gamma11 = 11 * u / (1 - 11 * u);
    double gamma8 = 8 * u / (1 - 8 * u);
    StepRounding plain =
        StepRounding.of(Cases.optimizer(RATE, 0.5, 0), RATE, 3, 1, 7, Double.NaN, 2);
    assertThat(plain.velocity()).isZero();
    assertThat(plain.weights())
        .isCloseTo(gamma11 * ((1 - RATE * 0.5) * 7 + RATE * 2), within(1e-18));

    Optimizer heavy = Cases.optimizer(RATE, 0.5, 0.3);
    HeavyBall ball = HeavyBall.of(RATE, 0.5, 0.3);
    assertThat(ball.kappa()).isPositive();
    double size = 5 + ball.kappa() * 7;
    StepRounding rounding = StepRounding.of(heavy, RATE, 3, 1, 7, 5, 2);
    assertThat(rounding.weights()).isCloseTo(gamma8 * (7 + RATE * size), within(1e-18));
    assertThat(rounding.velocity())
        .isCloseTo(
            gamma11 * (ball.q() * 1.3 * size + ball.q() * 2 + ball.mix() * 7)
                + ball.kappa() * rounding.weights(),
            within(1e-18));
    assertThat(StepRounding.velocity(heavy, RATE, 1, 7, 6, 2))
        .isCloseTo(
            (2 + u * 13 + gamma8 * (1 + RATE * ball.kappa()) * 7) / (RATE * (1 - gamma8)),
            within(1e-13));
    assertThat(StepRounding.ofCopy(3)).isEqualTo(3 * u);
  }

  /** Where nothing is left to round, there is still what underflows. */
  @Test
  void denormalNumbersCount() {
    assertThat(StepRounding.of(Cases.optimizer(RATE, 0.5, 0), RATE, 2, 100, 0, 0, 0).weights())
        .isEqualTo(10 * 10 * (double) Float.MIN_NORMAL);
  }
}
