package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Optimizer.DecayOn;
import io.rankfall.train.Optimizer.Method;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Held against PyTorch by {@code optimizers.txt}, which {@code optimizers.py} beside it writes. */
final class OptimizersTest {
  /** Single against double precision after five steps, relative to the norm of a parameter. */
  private static final double TOLERANCE = 5e-6;

  private static final String FILE = "optimizers.txt";
  private static final Mlp MLP = new Mlp(4, List.of(3, 5), 2, Mlp.Normalization.NONE);
  private static final int BATCH = 6;
  private static final double[] RATE_FACTORS = {1, 1, 1, 0.3, 0.3};

  private static Optimizer optimizer(
      Method method, double rate, double decay, double momentum, DecayOn decayOn, double clip) {
    return new Optimizer(rate, decay, momentum, StepSchedule.CONSTANT, method, decayOn, clip);
  }

  private record Case(String name, Optimizer optimizer, Loss loss) {}

  private static final Loss CE = Loss.CROSS_ENTROPY;
  private static final DecayOn MATRICES = DecayOn.MATRICES;

  /** As in the script. */
  private static final List<Case> CASES =
      List.of(
          new Case("sgd", optimizer(Method.SGD, 0.1, 0.1, 0.9, DecayOn.ALL, 0), CE),
          new Case("sgd-matrices", optimizer(Method.SGD, 0.1, 0.5, 0, MATRICES, 0), CE),
          new Case("sgd-clipped", optimizer(Method.SGD, 0.1, 0.1, 0.9, DecayOn.ALL, 1.5), CE),
          new Case("sgd-mse", optimizer(Method.SGD, 0.1, 0.1, 0.5, MATRICES, 0), Loss.MSE),
          new Case("nesterov", optimizer(Method.NESTEROV, 0.1, 0.1, 0.9, DecayOn.ALL, 0), CE),
          new Case(
              "nesterov-matrices",
              optimizer(Method.NESTEROV, 0.1, 0.5, 0.6, MATRICES, 0),
              Loss.MSE),
          new Case(
              "nesterov-clipped", optimizer(Method.NESTEROV, 0.1, 0.1, 0.9, DecayOn.ALL, 1.5), CE),
          new Case("adamw", optimizer(Method.ADAMW, 0.02, 0.5, 0, DecayOn.ALL, 0), CE),
          new Case("adamw-clipped", optimizer(Method.ADAMW, 0.02, 0.5, 0, MATRICES, 15), Loss.MSE),
          new Case("muon", optimizer(Method.MUON, 0.05, 0.5, 0, DecayOn.ALL, 0), CE),
          new Case("muon-clipped", optimizer(Method.MUON, 0.05, 0.5, 0, MATRICES, 2), CE));

  /** Every case with every learner that can do it. */
  static Stream<Arguments> cases() {
    return CASES.stream()
        .flatMap(
            c ->
                Stream.of(LearnerKind.values())
                    .filter(kind -> kind.refusal(MLP, c.optimizer).isEmpty())
                    .map(kind -> Arguments.of(c.name, c.optimizer, c.loss, kind)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void stepsAreThoseOfPytorch(String name, Optimizer optimizer, Loss loss, LearnerKind kind)
      throws IOException {
    List<double[]> golden = Golden.lines(FILE, name);
    assertThat(golden).hasSize(RATE_FACTORS.length);
    Batch batch = batch();
    try (Learner learner = kind.start(network(), optimizer, loss, BATCH)) {
      for (int s = 0; s < RATE_FACTORS.length; s++) {
        double[] expected = golden.get(s);
        double rate = optimizer.learningRate() * RATE_FACTORS[s];
        assertThat(learner.step(batch, rate).loss())
            .as("loss of step %d", s)
            .isCloseTo(expected[0], within(TOLERANCE * expected[0]));
        Cases.assertClose(
            learner.network(),
            network(Arrays.copyOfRange(expected, 1, expected.length)),
            TOLERANCE);
      }
    }
  }

  private static Batch batch() {
    byte[] labels = new byte[BATCH];
    for (int i = 0; i < BATCH; i++) {
      labels[i] = (byte) (i % MLP.outputs());
    }
    int features = MLP.inputs();
    float[] inputs = Golden.drawn(0, (long) BATCH * features, 4, 0);
    return Batch.range(Examples.of(features, MLP.outputs(), inputs, labels), 0, BATCH);
  }

  private static Network network() {
    List<Network.Layer> layers = new ArrayList<>();
    List<Integer> widths = MLP.widths();
    for (int l = 1; l < widths.size(); l++) {
      int in = widths.get(l - 1);
      int out = widths.get(l);
      float[] weight = Golden.drawn(2 * l - 1, (long) in * out, 3, 0);
      float[] bias = Golden.drawn(2 * l, out, 1, 0);
      layers.add(
          Network.Layer.linear("fc" + l, Matrix.of(out, in, weight), Matrix.of(1, out, bias)));
    }
    return new Network(MLP, layers);
  }

  /** Weights and biases in the order of the layers. */
  private static Network network(double[] values) {
    List<Network.Layer> layers = new ArrayList<>();
    List<Integer> widths = MLP.widths();
    int at = 0;
    for (int l = 1; l < widths.size(); l++) {
      int in = widths.get(l - 1);
      int out = widths.get(l);
      Matrix weight = Matrix.of(out, in, floats(values, at, in * out));
      Matrix bias = Matrix.of(1, out, floats(values, at + in * out, out));
      at += in * out + out;
      layers.add(Network.Layer.linear("fc" + l, weight, bias));
    }
    assertThat(at).isEqualTo(values.length);
    return new Network(MLP, layers);
  }

  private static float[] floats(double[] values, int from, int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (float) values[from + i];
    }
    return floats;
  }

  static Stream<Arguments> schedules() {
    return Stream.of(
        Arguments.of("steps", new StepSchedule(List.of(3, 7), 0.2)),
        Arguments.of("cosine", new CosineSchedule(20, 0)),
        Arguments.of("cosine-to-floor", new CosineSchedule(11, 0.05)),
        Arguments.of("warm-up", new WarmUp(3, StepSchedule.CONSTANT)));
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void ratesAreThoseOfPytorch(String name, Schedule schedule) throws IOException {
    double[] golden = Golden.lines(FILE, "rates " + name).get(0);
    for (int epoch = 1; epoch <= golden.length; epoch++) {
      assertThat(schedule.factor(epoch))
          .as("epoch %d", epoch)
          .isCloseTo(golden[epoch - 1], within(1e-14));
    }
  }
}
