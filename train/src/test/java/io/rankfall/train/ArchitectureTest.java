package io.rankfall.train;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.graph.Family;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.Watched;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ArchitectureTest {
  private static final InputShape GREY = new InputShape(1, 28, 28);
  private static final InputShape COLOURED = new InputShape(3, 32, 32);

  /** A small member of a family with inputs that it takes. */
  static Architecture small(Family family) {
    return switch (family) {
      case MLP -> Architecture.named("mlp:depth=3,width=7,act=gelu,residual", GREY, 5);
      case GPT -> Architecture.named("gpt:depth=2,width=8,heads=2", InputShape.flat(6), 11);
      case VIT ->
          Architecture.named("vit:depth=2,width=8,heads=2,patch=4", new InputShape(2, 8, 8), 5);
      case CONVNET -> Architecture.named("convnet:depth=3,width=6", new InputShape(2, 8, 8), 5);
      case LENET300, LENET5 -> Architecture.named(family.id(), GREY, 10);
      default -> Architecture.named(family.id(), COLOURED, 10);
    };
  }

  /**
   * LeNet-5: 430,500 weights of Caffe's example and 580 biases. VGG and ResNet-18 and -50: as
   * printed by the widely used implementations for CIFAR-10 of K. Liu; ResNet-20: 0.27 M in He et
   * al., 272,474 with 1×1 shortcuts.
   */
  @ParameterizedTest
  @CsvSource({
    "lenet300, 266610",
    "lenet5, 431080",
    "vgg11, 9231114",
    "vgg16, 14728266",
    "resnet8, 78042",
    "resnet20, 272474",
    "resnet18, 11173962",
    "resnet50, 23520842"
  })
  void parametersAreAsManyAsPublished(String name, long parameters) {
    InputShape input = name.startsWith("lenet") ? GREY : COLOURED;

    assertThat(Architecture.named(name, input, 10).parameters()).isEqualTo(parameters);
  }

  /** Counted by hand: patches, positions, four projections, two layers of 4·w, norms, head. */
  @Test
  void transformersHaveTheParametersOfTheirFormula() {
    long w = 96;
    long block = 4L * (w * w + w) + (2L * 4 * w * w + 4 * w + w) + 4L * w;
    long vit = (3 * 16 * w + w) + 64L * w + 6 * block + 2 * w + (10L * w + 10);
    long gpt = 65L * w + 64L * w + 4 * block + 2 * w + (65L * w + 65);

    assertThat(Architecture.named("vit", COLOURED, 10).parameters()).isEqualTo(vit);
    assertThat(Architecture.named("gpt", InputShape.flat(64), 65).parameters()).isEqualTo(gpt);
  }

  @Test
  void plainPerceptronsAreMlpsAndSoTrainedByTheFastLearner() {
    assertThat(Architecture.named("mlp:bn,depth=10,width=100", GREY, 10))
        .isEqualTo(
            new Mlp(784, java.util.Collections.nCopies(10, 100), 10, Mlp.Normalization.BATCH));
    assertThat(Architecture.named("lenet300", GREY, 10))
        .isEqualTo(new Mlp(784, List.of(300, 100), 10, Mlp.Normalization.NONE));
    assertThat(Architecture.named("mlp:act=gelu", GREY, 10)).isInstanceOf(NamedArchitecture.class);
  }

  @Test
  void aNameHoldsOnlyWhatDiffersFromTheDefaults() {
    assertThat(Architecture.named("ViT:heads=4,depth=3", COLOURED, 10).shortLabel())
        .isEqualTo("vit:depth=3");
    assertThat(Architecture.named("vit:depth=3", COLOURED, 10))
        .isEqualTo(Architecture.named("vit:patch=4,depth=3", COLOURED, 10));
  }

  @Test
  void whatIsUnknownIsAnsweredWithWhatIsKnown() {
    assertThatThrownBy(() -> Architecture.named("restnet18", COLOURED, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("architecture: expected one of mlp, lenet300, lenet5, ")
        .hasMessageEndingWith("found 'restnet18'; the nearest is resnet18");
    assertThatThrownBy(() -> Architecture.named("vit:dept=3", COLOURED, 10))
        .hasMessage(
            "architecture vit: expected options among [patch, depth, width, heads], found 'dept=3'");
    assertThatThrownBy(() -> Architecture.named("vit:depth=0", COLOURED, 10))
        .hasMessage("architecture vit: depth: expected a number from 1 to 2^20, found '0'");
    assertThatThrownBy(() -> Architecture.named("mlp:act=tanh", GREY, 10))
        .hasMessage("architecture mlp: act: expected relu, leaky or gelu, found 'tanh'");
    assertThatThrownBy(() -> Architecture.named("mlp:bn=2", GREY, 10))
        .hasMessage("architecture mlp: bn: expected true or false, found '2'");
  }

  /** R of every matrix, by the graph and by the learner that will use it so often. */
  @ParameterizedTest
  @EnumSource
  void graphAndLearnerCountThePositionsOfAMatrixAlike(Family family) {
    Architecture architecture = small(family);
    try (Learner learner =
        LearnerKind.DJL.start(
            architecture.initialize(Initialization.HE, 1), Cases.optimizer(0.1, 0, 0), 2)) {
      List<LayerGraph.Node> weighted = architecture.graph().weighted();
      for (int l = 0; l < weighted.size(); l++) {
        assertThat(learner.positions(l))
            .as(weighted.get(l).name())
            .isEqualTo(weighted.get(l).positions());
      }
    }
  }

  @Test
  void positionsAreTokensInAttentionAndOutputsInConvolutions() {
    assertThat(positions(small(Family.GPT), "block1.query")).isEqualTo(6);
    assertThat(positions(small(Family.VIT), "block2.value")).isEqualTo(4);
    assertThat(positions(small(Family.MLP), "fc1")).isEqualTo(1);
    assertThat(positions(small(Family.RESNET8), "conv1")).isEqualTo(1024);
  }

  private static int positions(Architecture architecture, String name) {
    return architecture.graph().weighted().stream()
        .filter(node -> node.name().equals(name))
        .findFirst()
        .orElseThrow()
        .positions();
  }

  @Test
  void anImpossibleShapeIsBlamedOnTheLayer() {
    assertThatThrownBy(() -> Architecture.named("vgg11", GREY, 10))
        .hasMessage(
            "architecture vgg11: layer pool5: expected an image of at least 2x2, found [512, 1, 1]");
    assertThatThrownBy(() -> Architecture.named("resnet8", InputShape.flat(64), 10))
        .hasMessageStartingWith("architecture resnet8: layer conv1: expected an image of");
    assertThatThrownBy(() -> Architecture.named("vit:width=10,heads=4", COLOURED, 10))
        .hasMessage(
            "architecture vit:width=10: layer block1.attention: expected a width that the heads divide, found 10 and 4");
    assertThatThrownBy(() -> Architecture.named("convnet:width=1048576", COLOURED, 10))
        .hasMessageContaining(
            "layer conv2: expected at most 268,435,456 weights, found [1048576, ");
    assertThatThrownBy(() -> Architecture.named("mlp:wn,width=30000", COLOURED, 10))
        .hasMessageContaining(
            "layer fc2: expected at most 268,435,456 weights, found [30000, 30000]");
    assertThatThrownBy(() -> Architecture.named("vit:patch=64", COLOURED, 10))
        .hasMessageContaining("layer patches: expected an image of 3 channels, at least 64x64");
  }

  @ParameterizedTest
  @EnumSource
  void aSpecWithItIsReadBackFromJson(Family family) {
    RunSpec spec =
        new RunSpec(
            "made-up",
            small(family),
            Initialization.HE,
            4,
            Cases.optimizer(0.1, 0, 0),
            1,
            1,
            LearnerKind.DJL);

    assertThat(RunSpec.ofJson(spec.json())).isEqualTo(spec);
  }

  @ParameterizedTest
  @EnumSource
  void theSpectraAreThoseThatTheGraphLists(Family family) {
    Network network = small(family).initialize(Initialization.HE, 1);
    List<Watched> watched = network.architecture().graph().watched();
    List<LayerSpectrum> measured = RankProbe.measure(network);

    assertThat(measured.stream().map(LayerSpectrum::name))
        .containsExactlyElementsOf(watched.stream().map(Watched::name).toList());
    for (int i = 0; i < watched.size(); i++) {
      assertThat(measured.get(i).spectrum().size()).isEqualTo(watched.get(i).fullRank());
      // Drawn at random, so of full rank.
      assertThat(measured.get(i).spectrum().rank(new RankRule.Numerical()))
          .as(watched.get(i).name())
          .isEqualTo(watched.get(i).fullRank());
    }
  }

  /** Each head's product, multiplied out: W_KᵀW_Q of its rows, W_O·W_V of its columns and rows. */
  @Test
  void productsOfAttentionAreWhatTheyAreCalled() {
    Network network =
        Architecture.named("gpt:depth=1,width=12,heads=3", InputShape.flat(6), 11)
            .initialize(Initialization.HE, 1);
    Map<String, Spectrum> measured = new HashMap<>();
    RankProbe.measure(network).forEach(layer -> measured.put(layer.name(), layer.spectrum()));
    for (int head = 0; head < 3; head++) {
      String name = "block1.attention.head%d.".formatted(head + 1);
      assertSame(
          measured.get(name + "Wkᵀ·Wq"),
          rows(network, "key", head).transposed().times(rows(network, "query", head)));
      Matrix columns =
          network.tensor("block1.output.weight").matrix().transposed().rows(4 * head, 4);
      assertSame(
          measured.get(name + "Wo·Wv"), columns.transposed().times(rows(network, "value", head)));
    }
  }

  private static Matrix rows(Network network, String what, int head) {
    return network.tensor("block1." + what + ".weight").matrix().rows(4 * head, 4);
  }

  private static void assertSame(@Nullable Spectrum measured, Matrix product) {
    Spectrum expected = Spectrum.of(product);
    assertThat(requireNonNull(measured).size()).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      assertThat(measured.sigma(i)).isCloseTo(expected.sigma(i), within(1e-5));
    }
  }

  @Test
  void meansLeaveOutClassifierShortcutsAndProducts() {
    assertThat(counted("resnet8", COLOURED))
        .contains("conv1", "stage2.block1.conv1")
        .doesNotContain("fc", "stage2.block1.shortcut");
    assertThat(counted("vit:depth=1,heads=2", COLOURED))
        .containsExactly(
            "patches",
            "block1.query",
            "block1.key",
            "block1.value",
            "block1.output",
            "block1.fc1",
            "block1.fc2");
  }

  private static List<String> counted(String name, InputShape input) {
    LayerGraph graph = Architecture.named(name, input, 10).graph();
    return Watched.counted(graph.watched(), Watched::name).stream().map(Watched::name).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"convnet", "resnet8", "vgg16"})
  void convolutionsAreDrawnWithHesDeviation(String name) {
    Network network = Architecture.named(name, COLOURED, 10).initialize(Initialization.HE, 2);
    LayerGraph.Node node =
        network.architecture().graph().weighted().stream()
            .max(java.util.Comparator.comparingLong(n -> n.layer().parameters().get(0).size()))
            .orElseThrow();
    var weight = network.weight(node);

    double deviation = weight.frobeniusNorm() / Math.sqrt((double) weight.size());
    assertThat(deviation / Math.sqrt(2.0 / weight.cols())).isBetween(0.98, 1.02);
  }
}
