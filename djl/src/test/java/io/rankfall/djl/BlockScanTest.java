package io.rankfall.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.SymbolBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv2dTranspose;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.rankfall.compress.RankPolicy;
import io.rankfall.djl.FactoredBlock.SkippedBlock;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class BlockScanTest {
  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    // More threads than one wait for each other in such small steps.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
  }

  private static Linear linear() {
    return Linear.builder().setUnits(20).build();
  }

  /** Calls its layer by a field, as most blocks that people write do. */
  private static final class Gate extends AbstractBlock {
    private final Linear inside = addChildBlock("inside", linear());
    private final SequentialBlock rest = addChildBlock("rest", new SequentialBlock().add(linear()));

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList x, boolean training, PairList<String, Object> params) {
      return rest.forward(store, inside.forward(store, x, training), training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] shapes) {
      return shapes;
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
      inside.initialize(manager, type, shapes);
      rest.initialize(manager, type, shapes);
    }
  }

  private static final class Doubled extends Linear {
    Doubled() {
      super(Linear.builder().setUnits(20));
    }
  }

  private static final class Backwards extends SequentialBlock {
    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList x, boolean training, PairList<String, Object> params) {
      return getChildren().values().get(0).forward(store, x, training);
    }
  }

  /** Stands for a model of an engine. */
  private static final class Imported extends AbstractBlock implements SymbolBlock {
    private final Parameter weight =
        addParameter(Parameter.builder().setName("fc").setType(Parameter.Type.WEIGHT).build());

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList x, boolean training, PairList<String, Object> params) {
      return x;
    }

    @Override
    public void removeLastBlock() {
      throw new UnsupportedOperationException(weight.getName());
    }

    @Override
    public Shape[] getOutputShapes(Shape[] shapes) {
      return shapes;
    }
  }

  @Test
  void whatDjlCannotReplaceIsListedWithTheReason() {
    Block net =
        new SequentialBlock()
            .add(new ParallelBlock(list -> list.get(0)).add(linear()))
            .add(new Gate())
            .add(new Doubled())
            .add(
                Conv2d.builder().setFilters(4).setKernelShape(new Shape(3, 3)).optGroups(2).build())
            .add(Conv2dTranspose.builder().setFilters(2).setKernelShape(new Shape(3, 3)).build())
            .add(LSTM.builder().setStateSize(4).setNumLayers(1).build())
            .add(new Backwards().add(linear()))
            .add((Block) new Imported())
            .add(BatchNorm.builder().build())
            .add(linear());

    BlockScan scan = new BlockScan(net);

    assertThat(scan.layers().keySet()).containsExactly("02Gate_02rest_01Linear", "10Linear");
    assertThat(scan.skipped())
        .containsExactly(
            new SkippedBlock(
                "01ParallelBlock_01Linear",
                "a branch of 01ParallelBlock itself, which DJL cannot replace; inside a"
                    + " SequentialBlock it could"),
            new SkippedBlock("02Gate_01inside", "called by the code of Gate (02Gate)"),
            new SkippedBlock("03Doubled", "a subclass Doubled, which may compute something else"),
            new SkippedBlock("04Conv2d", "a convolution in 2 groups"),
            new SkippedBlock("05Conv2dTranspose", "a transposed convolution"),
            new SkippedBlock("06LSTM", "a recurrent layer"),
            new SkippedBlock(
                "07Backwards_01Linear", "called by the code of Backwards (07Backwards)"),
            new SkippedBlock("08Imported", "a SymbolBlock, whose layers are the engine's"));
    assertThat(new Imported()).isInstanceOf(SymbolBlock.class);
  }

  @Test
  void aLayerThatOnePlaceHoldsFastIsLeftInAllPlaces() throws Exception {
    for (int order = 0; order < 2; order++) {
      Linear shared = linear();
      ParallelBlock parallel = new ParallelBlock(list -> list.get(0));
      parallel.add(shared);
      SequentialBlock net = new SequentialBlock();
      if (order == 0) {
        net.add(shared).add(parallel);
      } else {
        net.add(parallel).add(shared);
      }
      try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
        Nets.initialized(net, manager, new Shape(2, 20));

        FactoredBlock factored = LowRankBlocks.factor(net, new RankPolicy.Uniform(2));

        assertThat(factored.plan().layers()).isEmpty();
        assertThat(factored.skipped())
            .singleElement()
            .satisfies(s -> assertThat(s.reason()).contains("ParallelBlock"));
        assertThat(net.getChildren().values()).contains(shared);
      }
    }
  }

  @Test
  void aTransformersFeedForwardPartIsASequenceAndItsAttentionIsNot() {
    BlockScan scan = new BlockScan(new TransformerEncoderBlock(8, 2, 16, 0f, list -> list));

    assertThat(scan.layers().keySet())
        .containsExactly("03outputBlock_01Linear", "03outputBlock_03Linear");
    assertThat(scan.skipped())
        .hasSize(4)
        .allMatch(s -> s.reason().contains("ScaledDotProductAttentionBlock"));
  }
}
