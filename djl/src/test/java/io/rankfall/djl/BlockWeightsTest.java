package io.rankfall.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv2dTranspose;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.LayerNorm;
import io.rankfall.spectra.WeightMatrix;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class BlockWeightsTest {
  private NDManager manager;

  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    // More threads than one wait for each other in such small steps.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
  }

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void aLinearLayerIsOutputsByInputsAndIsWhatTheLayerMultipliesWith() {
    Linear linear = Linear.builder().setUnits(2).build();
    linear.initialize(manager, DataType.FLOAT32, new Shape(1, 3));

    List<WeightMatrix> found = BlockWeights.of(linear);

    assertThat(found).hasSize(1);
    assertThat(found.get(0).name()).isEqualTo("Linear");
    var w = found.get(0).matrix();
    assertThat(w.rows()).isEqualTo(2);
    assertThat(w.cols()).isEqualTo(3);
    NDArray unit = manager.create(new float[] {0, 0, 1}, new Shape(1, 3));
    NDArray column =
        Linear.linear(unit, linear.getDirectParameters().get("weight").getArray())
            .singletonOrThrow();
    assertThat(column.toFloatArray()).containsExactly(w.get(0, 2), w.get(1, 2));
  }

  @Test
  void aConvolutionIsOutputChannelsByTheRest() {
    Conv2d conv = Conv2d.builder().setFilters(5).setKernelShape(new Shape(3, 2)).build();
    conv.initialize(manager, DataType.FLOAT32, new Shape(1, 4, 8, 8));
    NDArray weight = conv.getDirectParameters().get("weight").getArray();

    var w = BlockWeights.of(conv).get(0).matrix();

    assertThat(w.rows()).isEqualTo(5);
    assertThat(w.cols()).isEqualTo(4 * 3 * 2);
    assertThat(w.get(4, 2 * 6 + 1 * 2 + 1)).isEqualTo(weight.getFloat(4, 2, 1, 1));
  }

  @Test
  void convolutionsOfOneDimensionAndInGroupsAreListed() {
    Conv1d one = Conv1d.builder().setFilters(4).setKernelShape(new Shape(3)).build();
    one.initialize(manager, DataType.FLOAT32, new Shape(1, 2, 8));
    Conv2d grouped =
        Conv2d.builder().setFilters(4).setKernelShape(new Shape(3, 3)).optGroups(2).build();
    grouped.initialize(manager, DataType.FLOAT32, new Shape(1, 2, 8, 8));

    assertThat(BlockWeights.of(one).get(0).matrix().cols()).isEqualTo(6);
    assertThat(BlockWeights.of(grouped).get(0).matrix().cols()).isEqualTo(9);
  }

  @Test
  void namesAreThoseOfTheParametersAndOnlyWeightMatricesAreListed() {
    Block inner =
        new SequentialBlock()
            .add(Linear.builder().setUnits(6).build())
            .add(LayerNorm.builder().build())
            .add(Linear.builder().setUnits(6).optBias(false).build());
    Block net =
        new SequentialBlock()
            .add(Conv2d.builder().setFilters(3).setKernelShape(new Shape(3, 3)).build())
            .add(BatchNorm.builder().build())
            .add(Activation::relu)
            .add(Conv2dTranspose.builder().setFilters(2).setKernelShape(new Shape(3, 3)).build())
            .add(Blocks.batchFlattenBlock())
            .add(inner)
            .add(new ParallelBlock(list -> list.get(0)).add(Linear.builder().setUnits(4).build()));
    net.initialize(manager, DataType.FLOAT32, new Shape(1, 1, 6, 6));

    List<String> names = BlockWeights.of(net).stream().map(WeightMatrix::name).toList();

    assertThat(names)
        .containsExactly(
            "01Conv2d",
            "06SequentialBlock_01Linear",
            "06SequentialBlock_03Linear",
            "07ParallelBlock_01Linear");
    assertThat(net.getParameters().keys())
        .containsAll(names.stream().map(name -> name + "_weight").toList());
  }

  @Test
  void doublePrecisionWeightsAreRounded() {
    Linear linear = Linear.builder().setUnits(1).build();
    linear
        .getDirectParameters()
        .get("weight")
        .setArray(manager.create(new double[] {0.1, -2}, new Shape(1, 2)));

    assertThat(BlockWeights.of(linear).get(0).matrix().toArray()).containsExactly(0.1f, -2f);
  }

  @Test
  void theMatricesAreCopiesAndTheBlockStaysUsable() {
    Linear linear = Linear.builder().setUnits(2).build();
    linear.initialize(manager, DataType.FLOAT32, new Shape(1, 3));
    NDArray weight = linear.getDirectParameters().get("weight").getArray();

    var before = BlockWeights.of(linear).get(0).matrix();
    weight.addi(1);

    assertThat(BlockWeights.of(linear).get(0).matrix()).isNotEqualTo(before);
    assertThat(before.get(0, 0) + 1).isEqualTo(weight.getFloat(0, 0));
  }

  @Test
  void weightsThatDoNotExistYetAreRefusedByName() {
    Block net = new SequentialBlock().add(Linear.builder().setUnits(2).build());

    assertThatThrownBy(() -> BlockWeights.of(net))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("block 01Linear: expected initialized weights, found none");
  }
}
