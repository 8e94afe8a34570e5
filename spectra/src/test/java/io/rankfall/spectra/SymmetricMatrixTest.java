package io.rankfall.spectra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SymmetricMatrixTest {

  /** tr S² = 10, tr S = 4: ρ = 16/(2n). */
  @Test
  void fewSamplesAreDrawnTowardsTheirMeanEigenvalue() {
    SymmetricMatrix s = SymmetricMatrix.of(2, 3, 0, 0, 1);
    SymmetricMatrix quarter = s.shrunk(32);
    assertThat(quarter.get(0, 0)).isCloseTo(2.75, within(1e-12));
    assertThat(quarter.get(1, 1)).isCloseTo(1.25, within(1e-12));
    assertThat(s.shrunk(4).get(0, 0)).isEqualTo(2);
    assertThat(s.shrunk(1_000_000).get(0, 0)).isCloseTo(3, within(1e-4));
  }

  /** Of fifteen samples in thirty dimensions the shrunk moment is nearer to the truth. */
  @Test
  void theShrunkMomentIsNearerToTheTruth() {
    int p = 30;
    int n = 15;
    Matrix x = Matrix.gaussian(n, p, new SplittableRandom(3));
    SymmetricMatrix sample = SymmetricMatrix.identity(n).mappedBy(x.transposed());
    double[] mean = new double[p * p];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = sample.get(i / p, i % p) / n;
    }
    SymmetricMatrix s = SymmetricMatrix.of(p, mean);
    assertThat(distanceToIdentity(s.shrunk(n))).isLessThan(0.5 * distanceToIdentity(s));
    assertThat(s.shrunk(n).trace()).isCloseTo(s.trace(), within(1e-9));
  }

  private static double distanceToIdentity(SymmetricMatrix s) {
    double sum = 0;
    for (int i = 0; i < s.order(); i++) {
      for (int j = 0; j < s.order(); j++) {
        sum += Math.pow(s.get(i, j) - (i == j ? 1 : 0), 2);
      }
    }
    return Math.sqrt(sum);
  }

  @Test
  void eigenvaluesAloneAreThoseOfTheDecomposition() {
    Matrix x = Matrix.gaussian(40, 25, new SplittableRandom(1));
    SymmetricMatrix s = SymmetricMatrix.identity(40).mappedBy(x.transposed());
    double[] alone = s.eigenvalues();
    SymmetricMatrix.Eigen eigen = s.eigen();
    for (int i = 0; i < alone.length; i++) {
      assertThat(alone[i]).isCloseTo(eigen.value(i), within(1e-12 * alone[0]));
    }
  }
}
