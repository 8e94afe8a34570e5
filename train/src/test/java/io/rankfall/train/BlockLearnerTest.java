package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import io.rankfall.spectra.WeightMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What {@link BlockLearner} does with blocks that are not MLPs. */
final class BlockLearnerTest {
  private static final Shape IMAGE = new Shape(2, 6, 6);
  private static final int CLASSES = 4;
  private static final Examples NOISE = Cases.noise(40, 72, CLASSES, 5);
  private static final Batch BATCH = Batch.range(NOISE, 0, 8);

  private static Block convNet() {
    return Cases.drawn(
        new SequentialBlock()
            .add(Conv2d.builder().setFilters(5).setKernelShape(new Shape(3, 3)).build())
            .add(BatchNorm.builder().build())
            .add(Activation.reluBlock())
            .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
            .add(Blocks.batchFlattenBlock())
            .add(Linear.builder().setUnits(CLASSES).build()));
  }

  private static BlockLearner start(Block block, Optimizer optimizer) {
    return new BlockLearner(block, IMAGE, optimizer);
  }

  private static Map<String, float[]> values(Block block) {
    Map<String, float[]> values = new TreeMap<>();
    block
        .getParameters()
        .forEach(named -> values.put(named.getKey(), named.getValue().getArray().toFloatArray()));
    return values;
  }

  @Test
  void anUpdateIsTheFiniteDifferenceOfTheLoss() {
    Block block = convNet();
    try (BlockLearner learner = start(block, Cases.optimizer(1, 0, 0))) {
      // A rate of zero moves nothing, and the loss reported is that of the step's own forward pass.
      NDArray weight = block.getParameters().get("01Conv2d_weight").getArray();
      float[] initial = weight.toFloatArray();
      double[] numeric = new double[6];
      for (int i = 0; i < numeric.length; i++) {
        double above = lossAt(learner, weight, initial, i, 1e-2f);
        double below = lossAt(learner, weight, initial, i, -1e-2f);
        numeric[i] = (above - below) / 2e-2;
      }
      set(weight, initial);
      learner.step(BATCH, 1);
      float[] moved = weight.toFloatArray();
      for (int i = 0; i < numeric.length; i++) {
        assertThat((double) initial[i] - moved[i]).isCloseTo(numeric[i], within(2e-3));
      }
      assertThat(Arrays.stream(numeric).map(Math::abs).max().orElse(0)).isGreaterThan(0.02);
    }
  }

  private static double lossAt(
      BlockLearner learner, NDArray weight, float[] initial, int i, float change) {
    float[] changed = initial.clone();
    changed[i] += change;
    set(weight, changed);
    return learner.step(BATCH, 0).loss();
  }

  private static void set(NDArray array, float[] values) {
    try (NDArray staged = array.getManager().create(values, array.getShape())) {
      staged.copyTo(array);
    }
  }

  @Test
  void trainingLowersTheLossAndEvaluationSeesIt() {
    try (BlockLearner learner = start(convNet(), Cases.optimizer(0.1, 1e-4, 0.9))) {
      Evaluation before = learner.evaluate(NOISE);
      for (int s = 0; s < 100; s++) {
        learner.step(Batch.range(NOISE, 0, 40), 0.1);
      }
      assertThat(learner.evaluate(NOISE).loss()).isLessThan(before.loss() / 2);
      assertThat(learner.evaluate(NOISE).accuracy()).isGreaterThan(0.9);
    }
  }

  @Test
  void weightMatricesAreThoseOfTheBlockWithItsNames() {
    Block block = convNet();
    try (BlockLearner learner = start(block, Cases.optimizer(0.1, 0, 0))) {
      List<WeightMatrix> before = learner.weightMatrices();
      learner.step(BATCH, 0.1);

      assertThat(before.stream().map(WeightMatrix::name)).containsExactly("01Conv2d", "06Linear");
      assertThat(before.get(0).matrix().cols()).isEqualTo(2 * 3 * 3);
      assertThat(learner.weightMatrices()).isNotEqualTo(before);
    }
  }

  /** One example has 16 values a channel: its variance is one, and PyTorch's to the bit. */
  @Test
  void aSingleImageIsNormalisedOverItsPixels() {
    Block block = convNet();
    try (BlockLearner learner = start(block, Cases.optimizer(0.1, 0, 0))) {
      float[] before = values(block).get("02BatchNorm_runningVar");
      learner.step(Batch.range(NOISE, 0, 1), 0.1);

      assertThat(values(block).get("02BatchNorm_runningVar")).isNotEqualTo(before);
    }
  }

  @Test
  void frozenParametersAndThoseWithoutGradientStayAsTheyAre() {
    Block unused = Linear.builder().setUnits(3).build();
    SequentialBlock net =
        new SequentialBlock()
            .add(Blocks.batchFlattenBlock())
            .add(Linear.builder().setUnits(5).build())
            .add(
                new ParallelBlock(outputs -> outputs.get(0))
                    .add(Linear.builder().setUnits(CLASSES).build())
                    .add(unused));
    net.getChildren().values().get(1).freezeParameters(true);
    try (BlockLearner learner = start(Cases.drawn(net), Cases.optimizer(0.1, 0.1, 0.9))) {
      Map<String, float[]> before = values(net);
      learner.step(BATCH, 0.1);
      learner.step(BATCH, 0.1);
      Map<String, float[]> after = values(net);

      List<String> moved = new ArrayList<>(before.keySet());
      moved.removeIf(name -> Arrays.equals(before.get(name), after.get(name)));
      assertThat(before).hasSize(6);
      assertThat(moved)
          .containsExactly("03ParallelBlock_01Linear_bias", "03ParallelBlock_01Linear_weight");
    }
  }

  @Test
  void arraysOfTheCallerAreTrainedInPlaceAndOutliveTheLearner() {
    Block block = convNet();
    PyTorch pytorch = PyTorch.load();
    try (NDManager manager = pytorch.newManager()) {
      pytorch.run(
          "test",
          () -> {
            block.initialize(manager, DataType.FLOAT32, new Shape(1).addAll(IMAGE));
            return block;
          });
      float[] before = values(block).get("06Linear_weight");
      try (BlockLearner learner = start(block, Cases.optimizer(0.1, 0, 0))) {
        learner.step(BATCH, 0.1);
      }
      assertThat(values(block).get("06Linear_weight")).isNotEqualTo(before);
    }
  }

  @Test
  void whatDoesNotFitIsNamed() {
    try (BlockLearner learner = start(convNet(), Cases.optimizer(0.1, 0, 0))) {
      assertThatThrownBy(() -> learner.step(Batch.range(Cases.noise(4, 70, 4, 1), 0, 4), 0.1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("batch: expected examples of (2, 6, 6) = 72 numbers, found 70");
      assertThatThrownBy(() -> learner.step(Batch.range(Cases.noise(4, 72, 5, 1), 0, 4), 0.1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("logits: expected shape (4, 5), found (4, 4)");
      assertThat(learner.step(BATCH, 0.1).loss()).isPositive();
    }
    Block block = convNet();
    try (NDManager manager = PyTorch.load().newManager()) {
      block.initialize(manager, DataType.FLOAT64, new Shape(1).addAll(IMAGE));
      assertThatThrownBy(() -> start(block, Cases.optimizer(0.1, 0, 0)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("parameter 01Conv2d_bias: expected float32, found float64");
    }
  }

  @Test
  void aBlockThatDoesNotTakeTheInputsIsRefusedInOneLineAndLeavesNothingBehind() {
    Block wrong =
        new SequentialBlock()
            .add(Linear.builder().setUnits(3).build())
            .add(x -> new NDList(x.singletonOrThrow().reshape(-1, 7)));
    int before = arrays();

    assertThatThrownBy(() -> start(Cases.drawn(wrong), Cases.optimizer(0.1, 0, 0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("PyTorch start: shape '[-1, 7]' is invalid for input of size 36");
    assertThat(arrays()).isEqualTo(before);
  }

  private static int arrays() {
    try (NDManager manager = PyTorch.load().newManager()) {
      return manager.getParentManager().getManagedArrays().size();
    }
  }
}
