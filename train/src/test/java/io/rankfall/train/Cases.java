package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Networks, examples and comparisons that the learners' tests share. */
final class Cases {
  /** Between two learners in single precision, relative to the norm of what is compared. */
  static final double SINGLE_PRECISION_TOLERANCE = 1e-4;

  private Cases() {}

  private static final class Loaded {
    static final Dataset FASHION = load();

    private static Dataset load() {
      try {
        return FashionMnist.load();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The real data, read once. */
  static Dataset fashion() {
    return Loaded.FASHION;
  }

  static Optimizer optimizer(double rate, double weightDecay, double momentum) {
    return new Optimizer(rate, weightDecay, momentum, StepSchedule.CONSTANT);
  }

  /** Gaussian inputs with random labels. */
  static Examples noise(int count, int features, int classes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = Matrix.gaussian(count, features, random).toArray();
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(classes);
    }
    return Examples.of(features, classes, inputs, labels);
  }

  /** Gaussian inputs, or random tokens, with random targets, of an architecture. */
  static Examples noise(Architecture architecture, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int targets = architecture.targets();
    int classes = architecture.outputs();
    float[] inputs = new float[count * architecture.inputs()];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = targets > 1 ? random.nextInt(classes) : (float) random.nextGaussian();
    }
    int[] labels = random.ints((long) count * targets, 0, classes).toArray();
    return Examples.of(
        architecture.inputShape(), inputs, Labels.sequences(classes, targets, labels));
  }

  /**
   * As drawn for training, with γ, β and the running statistics off their round starting values.
   */
  static Network network(Mlp mlp, long seed) {
    Network drawn = mlp.initialize(Initialization.PYTORCH, seed);
    SplittableRandom random = new SplittableRandom(seed + 1);
    List<Network.Layer> layers = new ArrayList<>();
    for (Network.Layer layer : drawn.layers()) {
      int width = layer.weight().rows();
      layers.add(
          layer.batchNorm() == null
              ? layer
              : new Network.Layer(
                  layer.name(),
                  layer.weight(),
                  layer.bias(),
                  new BatchNorm(
                      uniform(width, 0.5, 1.5, random),
                      uniform(width, -0.5, 0.5, random),
                      uniform(width, -0.5, 0.5, random),
                      uniform(width, 0.5, 1.5, random))));
    }
    return new Network(mlp, layers);
  }

  private static Matrix uniform(int width, double from, double to, SplittableRandom random) {
    float[] values = new float[width];
    for (int i = 0; i < width; i++) {
      values[i] = (float) (from + (to - from) * random.nextDouble());
    }
    return Matrix.of(1, width, values);
  }

  /** With weights of its own: DJL's depend on what else the process drew. */
  static Block drawn(Block block) {
    SplittableRandom random = new SplittableRandom(7);
    block.setInitializer(
        (manager, shape, type) ->
            PyTorch.copy(
                Initialization.HE
                    .weight((int) shape.get(0), (int) shape.slice(1).size(), random)
                    .toArray(),
                shape,
                manager),
        Parameter.Type.WEIGHT);
    return block;
  }

  /** A named array of a network: a weight matrix, a bias, or one of batch normalisation. */
  record Part(String name, Matrix values) {}

  static List<Part> parts(Network network) {
    List<Part> parts = new ArrayList<>();
    for (Network.Layer layer : network.layers()) {
      parts.add(new Part(layer.name() + ".weight", layer.weight()));
      parts.add(new Part(layer.name() + ".bias", layer.bias()));
      BatchNorm norm = layer.batchNorm();
      if (norm != null) {
        parts.add(new Part(layer.name() + ".gamma", norm.gamma()));
        parts.add(new Part(layer.name() + ".beta", norm.beta()));
        parts.add(new Part(layer.name() + ".runningMean", norm.runningMean()));
        parts.add(new Part(layer.name() + ".runningVariance", norm.runningVariance()));
      }
    }
    return parts;
  }

  /** ‖found − expected‖_F ≤ tolerance·‖expected‖_F for every part. */
  static void assertClose(Network found, Network expected, double tolerance) {
    List<Part> f = parts(found);
    List<Part> e = parts(expected);
    assertThat(f.stream().map(Part::name)).isEqualTo(e.stream().map(Part::name).toList());
    for (int i = 0; i < f.size(); i++) {
      Matrix expectedValues = e.get(i).values();
      assertThat(f.get(i).values().minus(expectedValues).frobeniusNorm())
          .as("%s against norm %s", e.get(i).name(), expectedValues.frobeniusNorm())
          .isLessThanOrEqualTo(tolerance * expectedValues.frobeniusNorm());
    }
  }

  /** ‖found − expected‖ ≤ tolerance·‖expected‖ of two vectors. */
  static void assertClose(float[] found, float[] expected, double tolerance) {
    Matrix e = Matrix.of(1, expected.length, expected);
    assertThat(Matrix.of(1, found.length, found).minus(e).frobeniusNorm())
        .isLessThanOrEqualTo(tolerance * e.frobeniusNorm());
  }

  static float[] flat(double[][] rows) {
    float[] flat = new float[rows.length * rows[0].length];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = (float) rows[i / rows[0].length][i % rows[0].length];
    }
    return flat;
  }
}
