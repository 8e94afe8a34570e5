package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.compress.CompressionReport.Trial;
import io.rankfall.compress.GoalSearch.Found;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoalSearchTest {
  private final OnnxModel model;
  private final Compressor compressor;
  private final GoalSearch search;

  GoalSearchTest() throws ModelFormatException {
    model = Networks.mlp(3, 60, 50, 40, 10);
    compressor = new Compressor(model);
    search = new GoalSearch(compressor, CompressionListener.NONE);
  }

  private double share(OnnxModel candidate) {
    return candidate.parameters() / (double) model.parameters();
  }

  /** A loss that grows as the model shrinks has its edge where it is known to be. */
  @ParameterizedTest
  @ValueSource(doubles = {0.2, 0.5, 0.8})
  void theSmallestGoodEnoughModelIsAtTheEdge(double edge) throws Exception {
    Found found =
        search.quality(new Goal.MaxDrop(1 - edge), 1 - edge, candidate -> 1 - share(candidate));
    assertThat(found.missed()).isNull();
    assertThat(share(found.model())).isBetween(edge, edge * 1.05);
    assertThat(found.model().parameters()).isEqualTo(found.plan().parameters());
    assertThat(search.trials()).anyMatch(trial -> !trial.met()).anyMatch(Trial::met);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.2, 0.5, 0.8})
  void theLargestFastEnoughModelIsAtTheEdge(double edge) throws Exception {
    Found found = search.latency(new Goal.Latency(edge), Price::numbers, this::share);
    assertThat(found.missed()).isNull();
    assertThat(share(found.model())).isBetween(edge * 0.95, edge);
  }

  @Test
  void whereEvenTheSmallestIsGoodEnoughItIsTaken() throws Exception {
    Found found = search.quality(new Goal.MaxDrop(5), 5, candidate -> 1);
    assertThat(found.plan().layers()).allMatch(layer -> layer.parameters() < 120);
    assertThat(search.trials()).hasSize(1);
  }

  @Test
  void whereNothingIsGoodEnoughTheNearestIsTold() throws Exception {
    Found found = search.quality(new Goal.MaxDrop(0.1), 0.1, candidate -> 2 - share(candidate));
    assertThat(found.missed())
        .startsWith(
            "goal: expected a smaller model with at most 0.1 points lost, found at best 1.");
    assertThat(found.plan().share()).isBetween(0.9, 0.9999);
    Found slow = search.latency(new Goal.Latency(0.5), Price::numbers, candidate -> 0.75);
    assertThat(slow.missed()).contains("found at best 0.750 of the latency");
  }

  @ParameterizedTest
  @ValueSource(longs = {24_000, 12_000, 5_000})
  void theFileIsAsLargeAsItMayBe(long bytes) throws Exception {
    Found found = search.size(bytes);
    assertThat(found.missed()).isNull();
    assertThat(found.model().bytes()).isBetween((long) (0.9 * bytes), bytes);
  }

  @Test
  void aSizeThatIsTooSmallIsTold() throws Exception {
    Found found = search.size(1000);
    assertThat(found.missed())
        .startsWith("budget: expected at most 1,000 bytes, found at best ")
        .contains("%,d".formatted(found.model().bytes()));
  }

  @Test
  void multiplyAccumulatesStayWithinTheirShare() throws Exception {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      ModelInputs inputs = ExampleInputs.of(session, 1);
      MacCount count = new MacCount(model, inputs.whole());
      Found found = search.macs(0.5, count, 1);
      long left = new MacCount(found.model(), inputs.whole()).total();
      assertThat(left / (double) count.total()).isBetween(0.45, 0.5);
      assertThat(search.macs(0.001, count, 1).missed())
          .startsWith("budget: expected at most 5 multiply-accumulates, found at best ");
    }
  }

  /** An option that costs more than the dense layer is none. */
  @Test
  void layersThatWouldGetSlowerStayDense() throws Exception {
    Found found =
        search.latency(
            new Goal.Latency(0.6),
            layer ->
                new Price() {
                  @Override
                  public long dense() {
                    return layer.weight().matrix().size();
                  }

                  @Override
                  public long of(Decomposition how, long numbers) {
                    return layer.name().equals("fc2") ? dense() + 1 : numbers;
                  }
                },
            this::share);
    assertThat(found.plan().layers())
        .filteredOn(layer -> layer.choice() instanceof RankPlan.Dense)
        .extracting(RankPlan.Layer::name)
        .contains("fc2");
    assertThat(found.plan().layers().get(0).choice()).isInstanceOf(RankPlan.Factored.class);
  }

  /** Of a convolution's decompositions the one is taken that is fast here. */
  @Test
  void timeDecidesBetweenDecompositions() throws Exception {
    OnnxModel convolutional = OnnxModel.read(ModelFilesTest.models().resolve("residual.onnx"));
    for (String fast : List.of("channel", "spatial", "Tucker")) {
      Compressor either = new Compressor(convolutional);
      RankPlan plan =
          either.plan(
              layer ->
                  new Price() {
                    @Override
                    public long dense() {
                      return layer.weight().matrix().size();
                    }

                    @Override
                    public long of(Decomposition how, long numbers) {
                      return how.kind().equals(fast) ? numbers : dense();
                    }
                  },
              convolutional.parameters() / 2);
      assertThat(plan.layers())
          .extracting(RankPlan.Layer::choice)
          .filteredOn(RankPlan.Factored.class::isInstance)
          .isNotEmpty()
          .allMatch(choice -> ((RankPlan.Factored) choice).how().kind().equals(fast));
    }
  }
}
