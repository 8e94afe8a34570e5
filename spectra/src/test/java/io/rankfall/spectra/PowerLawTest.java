package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PowerLawTest {
  /** Singular values whose squares are the quantiles of a power law from λ = 1 on. */
  private static double[] quantiles(double alpha, int count) {
    double[] sigma = new double[count];
    for (int i = 0; i < count; i++) {
      sigma[i] = Math.sqrt(Math.pow((i + 0.5) / count, -1 / (alpha - 1)));
    }
    return sigma;
  }

  @ParameterizedTest
  @ValueSource(doubles = {1.8, 2.5, 4, 7})
  void recoversTheExponentOfALaw(double alpha) {
    PowerLaw law = PowerLaw.fit(Spectrum.of(400, 400, quantiles(alpha, 400))).orElseThrow();
    assertThat(law.alpha()).isCloseTo(alpha, within(0.05 * alpha));
    assertThat(law.distance()).isLessThan(0.01);
  }

  @Test
  void findsWhereTheTailBegins() {
    // A flat bulk of σ between 0.5 and 1 under a tail of 120.
    double[] sigma = Arrays.copyOf(quantiles(3, 120), 400);
    for (int i = 120; i < 400; i++) {
      sigma[i] = 1 - 0.5 * (i - 120) / 280;
    }
    PowerLaw law = PowerLaw.fit(Spectrum.of(400, 500, sigma)).orElseThrow();
    assertThat(law.alpha()).isCloseTo(3, within(0.3));
    assertThat(law.lambdaMin()).isBetween(0.9, 2.0);
    assertThat(law.tail()).isBetween(60, 160);
  }

  @Test
  void isThatOfTheFormulaTriedForEveryStart() {
    Spectrum spectrum = Spectrum.ofGaussian(60, 90, 5);
    double best = Double.POSITIVE_INFINITY;
    double alphaOfBest = 0;
    for (int start = 0; start < 59; start++) {
      int n = 60 - start;
      double[] lambda = new double[n];
      for (int i = 0; i < n; i++) {
        lambda[i] = Math.pow(spectrum.sigma(59 - start - i), 2);
      }
      double sum = 0;
      for (double l : lambda) {
        sum += Math.log(l / lambda[0]);
      }
      double alpha = 1 + n / sum;
      double distance = 0;
      for (int i = 0; i < n; i++) {
        double law = 1 - Math.pow(lambda[i] / lambda[0], 1 - alpha);
        distance = Math.max(distance, Math.abs(law - i / (double) n));
      }
      if (distance < best) {
        best = distance;
        alphaOfBest = alpha;
      }
    }
    PowerLaw law = PowerLaw.fit(spectrum).orElseThrow();
    assertThat(law.distance()).isCloseTo(best, within(1e-9));
    assertThat(law.alpha()).isCloseTo(alphaOfBest, within(1e-9));
  }

  @Test
  void doesNotDependOnTheScale() {
    double[] sigma = quantiles(2.5, 50);
    double[] larger = Arrays.stream(sigma).map(s -> 1e3 * s).toArray();
    PowerLaw law = PowerLaw.fit(Spectrum.of(50, 50, sigma)).orElseThrow();
    PowerLaw scaled = PowerLaw.fit(Spectrum.of(50, 50, larger)).orElseThrow();
    assertThat(scaled.alpha()).isCloseTo(law.alpha(), within(1e-9));
    assertThat(scaled.lambdaMin()).isCloseTo(1e6 * law.lambdaMin(), within(1.0));
  }

  @Test
  void thereIsNoneWithoutATail() {
    assertThat(PowerLaw.fit(Spectrum.of(9, 9, quantiles(2, 9)))).isEqualTo(Optional.empty());
    double[] flat = new double[30];
    Arrays.fill(flat, 2);
    assertThat(PowerLaw.fit(Spectrum.of(30, 30, flat))).isEmpty();
    assertThat(PowerLaw.fit(Spectrum.of(30, 30, new double[30]))).isEmpty();
    // Nine values above rounding.
    assertThat(PowerLaw.fit(Spectrum.of(30, 30, Arrays.copyOf(quantiles(2, 9), 30)))).isEmpty();
  }
}
