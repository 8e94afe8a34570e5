package io.rankfall.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import io.rankfall.compress.Decomposition;
import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import io.rankfall.compress.WeightFactors;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Truncation;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a chain computes is what the layer computes with the truncated weights. */
final class LayerChainTest {
  private NDManager manager;

  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    // More threads than one wait for each other in such small steps.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
  }

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Arguments> layersAndRanks() {
    Supplier<Block> linear = () -> Linear.builder().setUnits(7).build();
    Supplier<Block> plain = () -> conv2d().optBias(false).build();
    Supplier<Block> moving =
        () ->
            conv2d()
                .optStride(new Shape(2, 1))
                .optPadding(new Shape(1, 3))
                .optDilation(new Shape(1, 2))
                .build();
    Supplier<Block> point = () -> conv2d().setKernelShape(new Shape(1, 1)).build();
    Supplier<Block> one =
        () ->
            Conv1d.builder()
                .setFilters(6)
                .setKernelShape(new Shape(5))
                .optStride(new Shape(2))
                .optPadding(new Shape(2))
                .build();
    Supplier<Block> three =
        () ->
            Conv3d.builder()
                .setFilters(6)
                .setKernelShape(new Shape(3, 2, 2))
                .optPadding(new Shape(1, 0, 1))
                .build();
    Shape rows = new Shape(3, 5, 9);
    Shape image = new Shape(2, 5, 9, 8);
    Shape sequence = new Shape(2, 5, 11);
    Shape volume = new Shape(2, 4, 5, 4, 6);
    return Stream.of(
        Arguments.of("linear", linear, rows, new Channel(2)),
        Arguments.of("linear, full rank", linear, rows, new Channel(7)),
        Arguments.of("plain", plain, image, new Channel(3)),
        Arguments.of("plain", plain, image, new Spatial(4)),
        Arguments.of("plain", plain, image, new Tucker(3, 4)),
        Arguments.of("moving", moving, image, new Channel(3)),
        Arguments.of("moving", moving, image, new Spatial(4)),
        Arguments.of("moving, full rank", moving, image, new Spatial(15)),
        Arguments.of("moving", moving, image, new Tucker(2, 5)),
        Arguments.of("1x1", point, image, new Channel(2)),
        Arguments.of("1 dimension", one, sequence, new Channel(3)),
        Arguments.of("1 dimension", one, sequence, new Tucker(3, 3)),
        Arguments.of("3 dimensions", three, volume, new Channel(3)),
        Arguments.of("3 dimensions", three, volume, new Tucker(3, 4)));
  }

  private static Conv2d.Builder conv2d() {
    return Conv2d.builder().setFilters(6).setKernelShape(new Shape(3, 4));
  }

  @ParameterizedTest(name = "{0}: {3}")
  @MethodSource("layersAndRanks")
  void aChainComputesWhatTheTruncatedLayerDoes(
      String name, Supplier<Block> make, Shape input, Decomposition how) {
    Block layer = Nets.initialized(make.get(), manager, input);
    Nets.withBiases(layer, manager);
    String layerName = layer.getClass().getSimpleName();
    NDArray x = Nets.noise(manager, input, 1);
    Matrix truncated = truncated(layer, layerName, how);

    Block chain = LowRankBlocks.withRanks(layer, new BlockRanks(Map.of(layerName, how)));

    NDArray weight = BlockWeights.weight(layer).getArray();
    manager.create(truncated.toArray(), weight.getShape()).copyTo(weight);
    float[] expected = Nets.output(layer, x);
    float[] found = Nets.output(chain, x);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(2e-5f));
    }
    assertThat(chain.getOutputShapes(new Shape[] {input}))
        .isEqualTo(layer.getOutputShapes(new Shape[] {input}));
    assertThat(chain.isInitialized()).isTrue();
  }

  /** Ŵ, entry by entry as the definition of the decomposition has it. */
  private static Matrix truncated(Block layer, String name, Decomposition how) {
    Matrix w = BlockWeights.matrix(name, layer).matrix();
    if (how instanceof Channel) {
      return Truncation.of(w).at(how.rank()).product();
    }
    Shape kernel = ((Convolution) layer).getKernelShape();
    List<Integer> sides =
        IntStream.range(0, kernel.dimension()).mapToObj(i -> (int) kernel.get(i)).toList();
    List<Matrix> factors =
        new WeightFactors(
                List.of(new WeightFactors.Weight(BlockWeights.matrix(name, layer), sides)))
            .factors(name, how);
    int positions = (int) kernel.size();
    float[] values = new float[(int) w.size()];
    for (int o = 0; o < w.rows(); o++) {
      for (int col = 0; col < w.cols(); col++) {
        int c = col / positions;
        int p = col % positions;
        values[o * w.cols() + col] =
            how instanceof Spatial
                ? spatial(factors, o, c, p, sides)
                : tucker(factors, o, c, p, positions);
      }
    }
    return Matrix.of(w.rows(), w.cols(), values);
  }

  private static float spatial(List<Matrix> factors, int o, int c, int p, List<Integer> sides) {
    int i = p / sides.get(1);
    int j = p % sides.get(1);
    double sum = 0;
    for (int q = 0; q < factors.get(0).rows(); q++) {
      sum +=
          (double) factors.get(1).get(o * sides.get(1) + j, q)
              * factors.get(0).get(q, c * sides.get(0) + i);
    }
    return (float) sum;
  }

  private static float tucker(List<Matrix> factors, int o, int c, int p, int positions) {
    double sum = 0;
    for (int a = 0; a < factors.get(2).cols(); a++) {
      for (int b = 0; b < factors.get(0).rows(); b++) {
        sum +=
            (double) factors.get(2).get(o, a)
                * factors.get(1).get(a, b * positions + p)
                * factors.get(0).get(b, c);
      }
    }
    return (float) sum;
  }

  /** What PyTorch is given of Java's memory is gone with Java's arrays. */
  @Test
  void factorsAreInTheEnginesMemory() {
    Linear linear =
        Nets.initialized(Linear.builder().setUnits(300).build(), manager, new Shape(2, 400));
    NDArray x = Nets.noise(manager, new Shape(2, 400), 1);
    Block chain =
        LowRankBlocks.withRanks(linear, new BlockRanks(Map.of("Linear", new Channel(100))));
    float[] before = Nets.output(chain, x);

    System.gc();
    for (int i = 0; i < 50; i++) {
      for (int size : new int[] {300 * 100, 100 * 400}) {
        float[] garbage = new float[size];
        Arrays.fill(garbage, Float.NaN);
        manager.create(garbage);
      }
    }

    assertThat(Nets.output(chain, x)).isEqualTo(before);
  }

  /** On threads that did not load it, PyTorch records what is computed from parameters. */
  @Test
  void biasesAreCopiesThatTrain() {
    Shape input = new Shape(2, 9);
    Linear linear = Nets.initialized(Linear.builder().setUnits(7).build(), manager, input);
    NDArray x = Nets.noise(manager, input, 1);
    BlockRanks ranks = new BlockRanks(Map.of("Linear", new Channel(2)));

    NDArray bias =
        CompletableFuture.supplyAsync(
                () -> {
                  Block chain = LowRankBlocks.withRanks(linear, ranks);
                  try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
                    ParameterStore store = new ParameterStore(manager, false);
                    NDList y = chain.forward(store, new NDList(x), true);
                    collector.backward(y.singletonOrThrow().sum());
                  }
                  return chain.getParameters().get("02Linear_bias").getArray();
                })
            .join();

    assertThat(bias.getGradient().toFloatArray()).containsOnly(2f);
    bias.stopGradient().addi(1);
    assertThat(linear.getParameters().get("bias").getArray().toFloatArray()).containsOnly(0f);
  }
}
