package io.rankfall.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.basicmodelzoo.basic.Mlp;
import ai.djl.basicmodelzoo.cv.classification.ResNetV1;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.Trainer;
import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Decomposition;
import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy;
import io.rankfall.spectra.NonFiniteException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LowRankBlocksTest {
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

  private SequentialBlock cnn() {
    SequentialBlock net = Nets.initialized(Nets.cnn(), manager, Nets.IMAGES);
    return Nets.withBiases(net, manager);
  }

  private static long parameters(Block block) {
    Set<Parameter> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.addAll(block.getParameters().values());
    return distinct.stream().mapToLong(p -> p.getArray().size()).sum();
  }

  private static void requireClose(float[] found, float[] expected, double tolerance) {
    double scale = 0;
    for (float v : expected) {
      scale = Math.max(scale, Math.abs(v));
    }
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within((float) (tolerance * scale)));
    }
  }

  @Test
  void atFullRankTheOutputsAreTheSame() {
    SequentialBlock net = cnn();
    NDArray x = Nets.noise(manager, Nets.IMAGES, 1);
    float[] dense = Nets.output(net, x);
    Map<String, Decomposition> full = new LinkedHashMap<>();
    BlockWeights.of(net).forEach(w -> full.put(w.name(), new Channel(w.matrix().fullRank())));

    Block factored = LowRankBlocks.withRanks(net, new BlockRanks(full));

    assertThat(factored).isSameAs(net);
    assertThat(BlockWeights.of(net)).hasSize(8);
    requireClose(Nets.output(net, x), dense, 1e-5);
  }

  @Test
  void theParametersAreAsBudgetedAndThePlanTellsThem() throws BudgetException {
    SequentialBlock net = cnn();
    long dense = parameters(net);

    FactoredBlock factored = LowRankBlocks.factor(net, new RankPolicy.ParameterBudget(0.6));

    assertThat(parameters(net)).isEqualTo(factored.plan().parameters());
    assertThat(parameters(net)).isLessThanOrEqualTo((long) (0.6 * dense));
    assertThat(parameters(net)).isGreaterThan((long) (0.5 * dense));
    assertThat(factored.plan().denseParameters()).isEqualTo(dense);
    assertThat(factored.plan().layers())
        .extracting(RankPlan.Layer::name)
        .containsExactly("01Conv2d", "04Conv2d", "07Linear", "10Linear");
    assertThat(factored.skipped()).isEmpty();
  }

  @Test
  void layersThatWouldGrowStayAsTheyAre() throws BudgetException {
    SequentialBlock net = cnn();

    FactoredBlock factored = LowRankBlocks.factor(net, new RankPolicy.Uniform(4));

    assertThat(net.getChildren().keys().get(6)).isEqualTo("07SequentialBlock");
    assertThat(net.getChildren().keys().get(9)).isEqualTo("10Linear");
    assertThat(factored.ranks().layers()).containsKey("07Linear").doesNotContainKey("10Linear");
    assertThat(factored.plan().layers().get(3).choice().reason())
        .isEqualTo("rank 4 makes 4x32 no smaller, only ranks to 3 do");
  }

  @Test
  void energyIsKeptInEveryLayer() throws BudgetException {
    FactoredBlock factored = LowRankBlocks.factor(cnn(), new RankPolicy.Energy(0.8));

    assertThat(factored.ranks().layers()).isNotEmpty();
    assertThat(factored.plan().layers()).allMatch(layer -> layer.lossShare() <= 0.2);
  }

  @Test
  void theFactorsTrainOn() throws Exception {
    try (Model model = Nets.model(Nets.cnn())) {
      Nets.initialized(model.getBlock(), model.getNDManager(), Nets.IMAGES);
      try (Trainer trainer = Nets.trainer(model, 0.05f)) {
        Nets.fit(trainer, Nets.data(trainer.getManager(), 8), 3);
      }
      FactoredBlock small =
          LowRankBlocks.factor(model.getBlock(), new RankPolicy.ParameterBudget(0.4));
      model.setBlock(small.block());
      List<float[]> before = values(small.block());

      double first;
      double last;
      try (Trainer trainer = Nets.trainer(model, 0.05f)) {
        trainer.initialize(Nets.IMAGES);
        first = Nets.fit(trainer, Nets.data(trainer.getManager(), 8), 1);
        last = Nets.fit(trainer, Nets.data(trainer.getManager(), 8), 4);
      }

      assertThat(last).isLessThan(0.7 * first);
      List<float[]> after = values(small.block());
      for (int i = 0; i < before.size(); i++) {
        assertThat(after.get(i)).as("parameter %d", i).isNotEqualTo(before.get(i));
      }
    }
  }

  private static List<float[]> values(Block block) {
    return block.getParameters().values().stream().map(p -> p.getArray().toFloatArray()).toList();
  }

  private static byte[] saved(Block block) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    block.saveParameters(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private void load(Block block, byte[] saved) throws Exception {
    block.loadParameters(manager, new DataInputStream(new ByteArrayInputStream(saved)));
  }

  @Test
  void savedParametersAreLoadedIntoABlockOfTheSameRanks() throws Exception {
    NDArray x = Nets.noise(manager, Nets.IMAGES, 1);
    FactoredBlock small = LowRankBlocks.factor(cnn(), new RankPolicy.ParameterBudget(0.6));
    String ranks = small.ranks().text();
    byte[] saved = saved(small.block());

    Block fresh = LowRankBlocks.withRanks(Nets.cnn(), BlockRanks.parse(ranks));
    load(fresh, saved);

    assertThat(fresh.getParameters().keys()).isEqualTo(small.block().getParameters().keys());
    assertThat(Nets.output(fresh, x)).isEqualTo(Nets.output(small.block(), x));
    assertThat(saved(fresh)).isEqualTo(saved);
  }

  @Test
  void aBlockThatWasLoadedIsFactoredToo() throws Exception {
    NDArray x = Nets.noise(manager, Nets.IMAGES, 1);
    byte[] saved = saved(cnn());
    SequentialBlock loaded = Nets.cnn();
    load(loaded, saved);

    LowRankBlocks.factor(loaded, new RankPolicy.Energy(0.9));

    SequentialBlock direct = cnn();
    LowRankBlocks.factor(direct, new RankPolicy.Energy(0.9));
    assertThat(Nets.output(loaded, x)).isEqualTo(Nets.output(direct, x));
    Block linear = loaded.getChildren().values().get(6).getChildren().values().get(0);
    assertThat(linear.describeInput().valueAt(0)).isEqualTo(new Shape(16));
  }

  @Test
  void ranksWithoutWeightsAreAStructureToInitialize() {
    BlockRanks ranks =
        new BlockRanks(Map.of("01Conv2d", new Spatial(3), "07Linear", new Channel(5)));

    Block net = LowRankBlocks.withRanks(Nets.cnn(), ranks);
    Nets.initialized(net, manager, Nets.IMAGES);

    assertThat(net.getParameters().get("01SequentialBlock_01Conv2d_weight").getShape())
        .isEqualTo(new Shape(3, 2, 3, 1));
    assertThat(net.getParameters().get("01SequentialBlock_02Conv2d_weight").getShape())
        .isEqualTo(new Shape(8, 3, 1, 3));
    assertThat(net.getParameters().get("07SequentialBlock_01Linear_weight").getShape())
        .isEqualTo(new Shape(5, 192));
    assertThat(net.getParameters().get("07SequentialBlock_02Linear_bias").getShape())
        .isEqualTo(new Shape(32));
    assertThat(Nets.output(net, Nets.noise(manager, Nets.IMAGES, 1))).hasSize(16 * 4);
  }

  @Test
  void theZoosMlpIsFactored() throws BudgetException {
    Block net = new Mlp(20, 5, new int[] {40, 40});
    Nets.initialized(net, manager, new Shape(3, 20));
    long dense = parameters(net);

    FactoredBlock factored = LowRankBlocks.factor(net, new RankPolicy.ParameterBudget(0.6));

    assertThat(factored.block()).isSameAs(net);
    assertThat(factored.ranks().layers()).isNotEmpty();
    assertThat(factored.skipped()).isEmpty();
    assertThat(parameters(net)).isBetween((long) (0.55 * dense), (long) (0.6 * dense));
  }

  @Test
  void theZoosResidualNetworkIsFactoredInsideItsBranchesAndTrains() throws Exception {
    Block net =
        ResNetV1.builder().setNumLayers(8).setOutSize(4).setImageShape(new Shape(2, 8, 8)).build();
    try (Model model = Nets.model(net)) {
      Nets.initialized(net, model.getNDManager(), Nets.IMAGES);
      long dense = parameters(net);

      FactoredBlock factored = LowRankBlocks.factor(net, new RankPolicy.ParameterBudget(0.3));

      assertThat(factored.skipped()).isEmpty();
      assertThat(factored.plan().layers()).hasSize(11);
      assertThat(factored.ranks().layers())
          .containsKey("04ParallelBlock_01SequentialBlock_04Conv2d");
      assertThat(parameters(net)).isLessThanOrEqualTo((long) (0.3 * dense));
      try (Trainer trainer = Nets.trainer(model, 0.05f)) {
        trainer.initialize(Nets.IMAGES);
        double first = Nets.fit(trainer, Nets.data(trainer.getManager(), 4), 1);
        assertThat(Nets.fit(trainer, Nets.data(trainer.getManager(), 4), 3)).isLessThan(first);
      }
    }
  }

  @Test
  void aBlockThatIsALayerBecomesAChain() throws BudgetException {
    Linear linear = Linear.builder().setUnits(12).optBias(false).build();
    Nets.initialized(linear, manager, new Shape(2, 20));

    FactoredBlock factored = LowRankBlocks.factor(linear, new RankPolicy.Uniform(2));

    assertThat(factored.block()).isInstanceOf(SequentialBlock.class);
    assertThat(factored.block().getParameters().keys())
        .containsExactly("01Linear_weight", "02Linear_weight");
    assertThat(factored.ranks().text()).isEqualTo("{\"Linear\":\"channel 2\"}");
  }

  @Test
  void sharedLayersStayShared() throws BudgetException {
    Linear shared = Linear.builder().setUnits(20).build();
    SequentialBlock inner = new SequentialBlock().add(Linear.builder().setUnits(20).build());
    SequentialBlock net = new SequentialBlock().add(shared).add(inner).add(shared).add(inner);
    Nets.initialized(net, manager, new Shape(2, 20));

    FactoredBlock factored = LowRankBlocks.factor(net, new RankPolicy.Uniform(3));

    assertThat(factored.plan().layers()).hasSize(2);
    List<Block> children = net.getChildren().values();
    assertThat(children.get(0)).isInstanceOf(SequentialBlock.class).isSameAs(children.get(2));
    assertThat(children.get(1)).isSameAs(inner).isSameAs(children.get(3));
    assertThat(parameters(net))
        .isEqualTo(2 * (3 * 40 + 20))
        .isEqualTo(factored.plan().parameters());
  }

  @Test
  void whatWasFrozenStaysFrozenAndTheCallerLeavesOut() throws BudgetException {
    SequentialBlock net = cnn();
    net.getChildren().values().get(6).freezeParameters(true);

    FactoredBlock factored =
        LowRankBlocks.factor(net, new RankPolicy.Uniform(2), name -> !name.equals("10Linear"));

    assertThat(net.getChildren().values().get(6).getParameters().values())
        .hasSize(3)
        .noneMatch(Parameter::requiresGradient)
        .noneMatch(p -> p.getArray().hasGradient());
    assertThat(net.getChildren().values().get(0).getParameters().values())
        .allMatch(Parameter::requiresGradient);
    assertThat(factored.skipped())
        .containsExactly(new FactoredBlock.SkippedBlock("10Linear", "left out by the caller"));
  }

  @Test
  void doublePrecisionStaysDouble() throws BudgetException {
    Linear linear = Linear.builder().setUnits(12).build();
    linear.initialize(manager, DataType.FLOAT64, new Shape(2, 20));

    Block chain = LowRankBlocks.factor(linear, new RankPolicy.Uniform(2)).block();

    assertThat(chain.getParameters().values())
        .extracting(p -> p.getArray().getDataType())
        .containsOnly(DataType.FLOAT64);
  }

  @Test
  void nothingChangesWhereSomethingIsRefused() {
    SequentialBlock net = cnn();
    List<String> names = net.getParameters().keys();

    assertThatThrownBy(() -> LowRankBlocks.factor(net, new RankPolicy.ParameterBudget(0.001)))
        .isInstanceOf(BudgetException.class)
        .hasMessageContaining("found at best");
    assertThatThrownBy(
            () ->
                LowRankBlocks.withRanks(
                    net, new BlockRanks(Map.of("01Conv2d", new Channel(2), "05", new Channel(2)))))
        .hasMessage(
            "ranks: expected layers among [01Conv2d, 04Conv2d, 07Linear, 10Linear], found 05");
    assertThatThrownBy(
            () -> LowRankBlocks.withRanks(net, new BlockRanks(Map.of("07Linear", new Spatial(2)))))
        .hasMessage("ranks: layer 07Linear (Linear) has no spatial decomposition");
    NDArray weight = net.getParameters().get("07Linear_weight").getArray();
    weight.muli(Float.NaN);
    assertThatThrownBy(() -> LowRankBlocks.factor(net, new RankPolicy.Uniform(2)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage("weights 07Linear 32x192: expected finite numbers, found NaN or Inf");
    assertThatThrownBy(() -> LowRankBlocks.factor(Nets.cnn(), new RankPolicy.Uniform(2)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("block 01Conv2d: expected initialized weights, found none");
    assertThat(net.getParameters().keys()).isEqualTo(names);
  }

  @Test
  void ranksAreTextAndBack() {
    Map<String, Decomposition> layers = new LinkedHashMap<>();
    layers.put("01 a;\"=b", new Spatial(4));
    layers.put("02Conv2d", new Decomposition.Tucker(3, 5));
    layers.put("03Linear", new Channel(12));
    BlockRanks ranks = new BlockRanks(layers);

    assertThat(BlockRanks.parse(ranks.text())).isEqualTo(ranks);
    assertThat(new ArrayList<>(BlockRanks.parse(ranks.text()).layers().keySet()))
        .isEqualTo(new ArrayList<>(layers.keySet()));
    assertThatThrownBy(() -> BlockRanks.parse("{\"a\":\"channel 0\"}"))
        .hasMessage("rank: expected >= 1, found 0");
    assertThatThrownBy(() -> BlockRanks.parse("{\"a\":\"channel 1 2\"}"))
        .hasMessage(
            "ranks: expected \"channel R\", \"spatial R\" or \"Tucker R R\", found \"channel 1 2\"");
    assertThatThrownBy(() -> BlockRanks.parse("channel 1"))
        .hasMessage("ranks: expected an object of names and decompositions, found channel 1");
  }
}
