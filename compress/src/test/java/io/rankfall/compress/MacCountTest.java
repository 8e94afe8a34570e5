package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.compress.GraphSurgery.Replacement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MacCountTest {

  private static OnnxModel model(String name) throws Exception {
    return OnnxModel.read(ModelFilesTest.models().resolve(name));
  }

  private static ModelInputs inputs(OnnxModel model, int count) throws Exception {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      return ExampleInputs.of(session, count);
    }
  }

  @Test
  void anMlpTakesOneForEachWeight() throws Exception {
    OnnxModel mlp = Networks.mlp(1, 7, 5, 3);
    assertThat(new MacCount(mlp, inputs(mlp, 1).whole()).total()).isEqualTo(7 * 5 + 5 * 3);
    assertThat(new MacCount(mlp, inputs(mlp, 4).whole()).total()).isEqualTo(7 * 5 + 5 * 3);
  }

  /**
   * 28×28: 5×5 to 6 channels at 24×24, 2×2 pools, 5×5 to 16 at 8×8, then 256-32-10 by 1×1 input.
   */
  @Test
  void convolutionsCountForEachOutputPosition() throws Exception {
    OnnxModel lenet = model("lenet.onnx");
    MacCount count = new MacCount(lenet, inputs(lenet, 1).whole());
    long layers = 0;
    for (Layer layer : lenet.layers()) {
      layers += count.price(layer).dense();
    }
    assertThat(layers).isEqualTo(count.total());
    Layer first = lenet.layers().get(0);
    assertThat(count.price(first).dense() % first.weight().matrix().size()).isZero();
    assertThat(count.price(first).dense() / first.weight().matrix().size()).isGreaterThan(100);
  }

  /** What a decomposition is said to cost is what the rewritten graph is counted to cost. */
  @ParameterizedTest
  @ValueSource(strings = {"residual.onnx", "lenet.onnx", "convolutions.onnx"})
  void pricesAreWhatTheFactoredGraphTakes(String name) throws Exception {
    OnnxModel dense = model(name);
    ModelInputs inputs = inputs(dense, 2);
    int examples = inputs.count();
    MacCount count = new MacCount(dense, inputs.whole());
    Compressor compressor = new Compressor(dense);
    assertThat(dense.layers()).isNotEmpty();
    for (Layer layer : dense.layers()) {
      Price price = count.price(layer);
      for (List<RankOptions.Option> kind : compressor.optionsOfEachKind(layer)) {
        for (RankOptions.Option option : kind.subList(0, Math.min(3, kind.size()))) {
          Factors factors = compressor.factors(layer, option.how());
          OnnxModel factored =
              GraphSurgery.apply(dense, List.of(new Replacement(layer, factors, Map.of())));
          long whole = examples * new MacCount(factored, inputs.whole()).total();
          assertThat(whole)
              .as("%s %s", layer.name(), option.how())
              .isEqualTo(
                  examples * count.total()
                      - price.dense()
                      + price.of(option.how(), option.numbers()));
        }
      }
    }
  }

  @Test
  void recurrentLayersAndProductsOfComputedValuesCount() throws Exception {
    OnnxModel recurrent = model("recurrent.onnx");
    assertThat(new MacCount(recurrent, inputs(recurrent, 1).whole()).total())
        .isGreaterThan(recurrent.parameters() / 2);
  }
}
