package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.rankfall.compress.FeedForwardExport.Activation;
import io.rankfall.compress.FeedForwardExport.BatchNorm;
import io.rankfall.compress.FeedForwardExport.Layer;
import io.rankfall.compress.FeedForwardExport.Producer;
import io.rankfall.compress.RankPlan.Dense;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxModelTest {
  @TempDir Path directory = Path.of("");

  private static OnnxModel linear(Matrix w) throws ModelFormatException {
    Layer layer = Layer.of("fc1", w, new float[w.rows()]);
    return new FeedForwardExport(List.of(layer), new Producer("t", "1"), Map.of()).model("t");
  }

  @Test
  void readsBackWhatItWrites() throws Exception {
    OnnxModel model = Networks.mlp(1, 6, 8, 4);
    Path path = directory.resolve("m.onnx");
    model.write(path);
    OnnxModel read = OnnxModel.read(path);
    assertThat(read.proto()).isEqualTo(model.proto());
    assertThat(read.layers()).isEqualTo(model.layers());
    assertThat(read.parameters()).isEqualTo(6 * 8 + 8 + 8 * 4 + 4);
    assertThat(read.inputs()).containsExactly(new OnnxModel.Input("input", List.of("batch", "6")));
    assertThat(read.bytes()).isEqualTo(Files.size(path));
    assertThat(Inspection.of(path).matrices())
        .extracting(InspectedMatrix::name, InspectedMatrix::share)
        .containsExactly(tuple("fc1", 48 / 92.0), tuple("fc2", 32 / 92.0));
  }

  @Test
  void theExportComputesWhatItSays() throws Exception {
    Matrix w = Matrix.of(2, 2, 1, 2, 3, 4);
    BatchNorm norm =
        new BatchNorm(
            Matrix.of(1, 2, 2, 3),
            Matrix.of(1, 2, 1, -200),
            Matrix.of(1, 2, 5, 6),
            Matrix.of(1, 2, 3, 8),
            1);
    Layer layer = Layer.of("fc1", w, .5f, -.5f).with(norm).with(Activation.RELU);
    OnnxModel model =
        new FeedForwardExport(List.of(layer), new Producer("t", "1"), Map.of()).model("t");
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      Rows logits = session.logits(Rows.of(2, 10, 20));
      // (10 + 40 + .5 − 5)/√4·2 + 1 and a negative number.
      assertThat(logits.get(0, 0)).isCloseTo(46.5f, within(1e-4f));
      assertThat(logits.get(0, 1)).isZero();
      assertThat(session.accuracy(Rows.of(2, 10, 20, 10, 20), 0, 1)).isEqualTo(.5);
    }
  }

  @Test
  void missingAndTruncatedFilesAreRefusedInOneLine() throws Exception {
    Path path = directory.resolve("m.onnx");
    assertThatThrownBy(() -> OnnxModel.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage("%s: file: expected a file, found nothing", path);
    byte[] bytes = Networks.mlp(1, 6, 8, 4).proto().toByteArray();
    Files.write(path, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> OnnxModel.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("content: expected an ONNX model");
    assertThatThrownBy(() -> OnnxRuntimeSession.open(path))
        .isInstanceOf(ModelFormatException.class)
        .message()
        .doesNotContain("\n");
    assertThatThrownBy(() -> OnnxModel.read(directory)).isInstanceOf(IOException.class);
  }

  @Test
  void externalDataIsRefused() throws Exception {
    ModelProto.Builder proto = Networks.mlp(1, 6, 4).proto().toBuilder();
    proto
        .getGraphBuilder()
        .getInitializerBuilder(0)
        .clearRawData()
        .setDataLocation(TensorProto.DataLocation.EXTERNAL);
    assertThatThrownBy(() -> OnnxModel.of(proto.build(), "m"))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("initializer fc1.weight: expected its data inside the file");
  }

  @Test
  void nonFiniteWeightsAreNamed() throws Exception {
    OnnxModel model = linear(Matrix.of(2, 2, 1, Float.NaN, 0, 1));
    assertThatThrownBy(() -> new Compressor(model))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("fc1");
    Path path = directory.resolve("nan.onnx");
    model.write(path);
    assertThat(Inspection.of(path).nonFinite())
        .containsExactly(new SkippedWeight("fc1", "2x2", "NaN or infinite numbers"));
  }

  @Test
  void aSingleOutputStaysDense() throws Exception {
    OnnxModel model = linear(Matrix.of(1, 4, 1, 2, 3, 4));
    Compressor compressor = new Compressor(model);
    RankPlan plan = compressor.plan(new RankPolicy.Uniform(1));
    assertThat(plan.layers().get(0).choice()).isEqualTo(new Dense("no rank makes 1x4 smaller"));
    assertThat(compressor.apply(plan).proto()).isEqualTo(model.proto());
  }

  @Test
  void aZeroMatrixNeedsRankOne() throws Exception {
    OnnxModel model = linear(Matrix.of(6, 6, new float[36]));
    Compressor compressor = new Compressor(model);
    RankPlan plan = compressor.plan(new RankPolicy.Energy(1));
    assertThat(plan.layers().get(0).choice()).isEqualTo(new Factored(1));
    assertThat(plan.layers().get(0).lossShare()).isZero();
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(compressor.apply(plan))) {
      assertThat(session.logits(Rows.of(6, 1, 2, 3, 4, 5, 6)).toArray()).containsOnly(0f);
    }
  }

  @Test
  void latencyIsMeasuredOnBoth() throws Exception {
    OnnxModel large = Networks.mlp(1, 256, 1024, 256);
    OnnxModel small = Networks.mlp(1, 256, 4, 256);
    try (OnnxRuntimeSession a = OnnxRuntimeSession.of(large);
        OnnxRuntimeSession b = OnnxRuntimeSession.of(small)) {
      LatencyComparison latency =
          LatencyComparison.measure(a, b, ModelInputs.of(Networks.rows(1, 64, 256)), 5, 31);
      assertThat(latency.batch()).isEqualTo(64);
      // 128 times the arithmetic: a factor of two leaves room for a busy machine.
      assertThat(latency.speedup()).isGreaterThan(2);
    }
  }
}
