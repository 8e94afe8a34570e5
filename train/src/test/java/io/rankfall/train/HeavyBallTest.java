package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HeavyBallTest {

  /** The textbook recursion and ours, on one number in double precision. */
  @ParameterizedTest
  @CsvSource({
    "0.1,  0,    0.9,  0",
    "0.1,  5e-4, 0.9,  0",
    "0.5,  1e-3, 0.9,  0",
    "1e-3, 0.1,  0.99, 0.1",
    "0.1,  1,    0.2,  0",
    "0.5,  0.5,  0.9,  0.5",
    "0.1,  3,    0.9,  3"
  })
  void takesTheSameStepsAsTheTextbook(double rate, double decay, double momentum, double mix) {
    HeavyBall ball = HeavyBall.of(rate, decay, momentum);
    assertThat(ball.mix()).isEqualTo(mix);

    SplittableRandom random = new SplittableRandom(1);
    double w = 1;
    double v = 0.5;
    double ours = w;
    double u = v - ball.kappa() * ours;
    for (int step = 0; step < 300; step++) {
      double gradient = random.nextDouble() - 0.5;
      v = momentum * v + gradient + decay * w;
      w -= rate * v;
      u = ball.q() * momentum * u + ball.q() * gradient + ball.mix() * ours;
      ours = (ours - rate * u) / ball.q();
      assertThat(ours).isCloseTo(w, within(1e-12 * Math.max(1, Math.abs(w))));
    }
  }
}
