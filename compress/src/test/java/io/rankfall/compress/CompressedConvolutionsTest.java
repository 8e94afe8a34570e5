package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A file that PyTorch wrote, of convolutions and a linear layer, compressed and run. */
class CompressedConvolutionsTest {
  private static final int PIXELS = 3 * 20 * 20;

  @TempDir private Path directory = Path.of("");

  private static OnnxModel residual() throws Exception {
    return OnnxModel.read(ModelFilesTest.models().resolve("residual.onnx"));
  }

  @ParameterizedTest
  @EnumSource(Division.class)
  void aBudgetIsDividedOverConvolutionsAndLinearLayers(Division division) throws Exception {
    OnnxModel model = residual();
    assertThat(model.layers())
        .extracting(Layer::name)
        .containsExactly("/stem/Conv", "/twice/Conv", "/wide/Conv", "/shortcut/Conv", "/fc/Gemm");
    Compressor compressor = new Compressor(model);
    RankPlan plan = compressor.plan(new ParameterBudget(0.5, division));
    Path file = directory.resolve("small.onnx");
    compressor.apply(plan).write(file);
    OnnxModel smaller = OnnxModel.read(file);
    assertThat(plan.share()).isBetween(0.4, 0.5);
    assertThat(smaller.parameters()).isEqualTo(plan.parameters());
    assertThat(smaller.bytes()).isLessThan(model.bytes());
    assertThat(smaller.inputs()).isEqualTo(model.inputs());
    GraphProto before = model.proto().getGraph();
    GraphProto after = smaller.proto().getGraph();
    assertThat(after.getOutputList()).isEqualTo(before.getOutputList());
    assertThat(smaller.proto().getOpsetImportList()).isEqualTo(model.proto().getOpsetImportList());
    assertThat(after.getNodeList().stream().map(NodeProto::getName))
        .doesNotHaveDuplicates()
        .contains("/norm/BatchNormalization", "/depthwise/Conv");
    double error =
        Networks.distance(Networks.outputs(smaller, images()), Networks.outputs(model, images()));
    assertThat(error).isBetween(1e-6, 1.0);
  }

  @Test
  void eachLayerKeepsTheEnergyThatIsAskedFor() throws Exception {
    OnnxModel model = residual();
    Compressor compressor = new Compressor(model);
    RankPlan plan = compressor.plan(new RankPolicy.Energy(0.9));
    assertThat(plan.layers()).allMatch(layer -> layer.lossShare() <= 0.1);
    for (int i = 0; i < plan.layers().size(); i++) {
      RankOptions options = compressor.options(model.layers().get(i));
      int k = options.losingAtMost(0.1);
      assertThat(plan.layers().get(i).choice() instanceof Factored).isEqualTo(!options.isDense(k));
      assertThat(plan.layers().get(i).parameters()).isEqualTo(options.cost(k));
    }
    assertThat(plan.layers()).anyMatch(layer -> layer.choice() instanceof Factored);
    assertThat(compressor.apply(plan).parameters()).isEqualTo(plan.parameters());
  }

  /** Shares lost are relative to what the layer puts out, and the whole is better than plain. */
  @Test
  void dataAwareCompressionFitsKernelsToWhatTheySee() throws Exception {
    OnnxModel model = residual();
    Compressor plain = new Compressor(model);
    Compressor aware = Compressor.dataAware(model, ModelInputs.of(images()));
    for (double share : new double[] {0.9, 0.75, 0.5}) {
      RankPlan plan = aware.plan(new ParameterBudget(share));
      OnnxModel smaller = aware.apply(plan);
      assertThat(smaller.parameters()).isEqualTo(plan.parameters());
      OnnxModel other = plain.apply(plain.plan(new ParameterBudget(share)));
      assertThat(distance(smaller, model)).isLessThan(0.8 * distance(other, model));
    }
  }

  private static double distance(OnnxModel smaller, OnnxModel model) throws Exception {
    return Networks.distance(
        Networks.outputs(smaller, images()), Networks.outputs(model, images()));
  }

  private static Rows images() {
    return Rows.of(PIXELS, Networks.rows(1, 40 * 20, 60).toArray());
  }
}
