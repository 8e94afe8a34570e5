package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rankfall.compress.OutputGradients.Differentiated;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Derivatives against finite differences. */
class OutputGradientsTest {
  private static final float STEP = 1e-2f;

  @TempDir private Path folder = Path.of("");

  @Test
  void ofAnEncoderWithSlicedProjections() throws Exception {
    OnnxModel model = OnnxModel.read(ModelFilesTest.models().resolve("encoder.onnx"));
    check(model, "query", "(5, 2, 16)", Map.of(), Networks.rows(3, 10, 16).toArray());
  }

  /** Softmax with a mask, erf, one index, two outputs; padding is no output. */
  @Test
  void ofAnEncoderWithMaskAndPooler() throws Exception {
    GraphProto.Builder graph = ModelInputsTest.masked().proto().getGraph().toBuilder();
    NodeProto embedding =
        graph.getNodeList().stream()
            .filter(
                node -> node.getOpType().equals("Gather") && node.getInput(1).equals("input_ids"))
            .findFirst()
            .orElseThrow();
    List<NodeProto> others = new ArrayList<>(graph.getNodeList());
    others.remove(embedding);
    TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE);
    for (String dimension : List.of("batch", "positions", "width")) {
      type.getShapeBuilder().addDimBuilder().setDimParam(dimension);
    }
    graph
        .clearNode()
        .addAllNode(others)
        .removeInput(0)
        .addInput(
            ValueInfoProto.newBuilder()
                .setName(embedding.getOutput(0))
                .setType(TypeProto.newBuilder().setTensorType(type)));
    OnnxModel model =
        OnnxModel.of(
            ModelInputsTest.masked().proto().toBuilder().setGraph(graph).build(), "embedded");
    Map<String, byte[]> mask = ModelInputsTest.sentences(1, 3, 8);
    mask.remove("input_ids");
    check(model, embedding.getOutput(0), "(3, 8, 24)", mask, Networks.rows(4, 24, 24).toArray());
  }

  @Test
  void ofAConvolutionalNetwork() throws Exception {
    OnnxModel model = OnnxModel.read(ModelFilesTest.models().resolve("residual.onnx"));
    check(model, "image", "(2, 3, 20, 20)", Map.of(), Networks.rows(3, 120, 20).toArray());
  }

  private void check(
      OnnxModel model, String input, String shape, Map<String, byte[]> others, float[] x)
      throws Exception {
    Differentiated differentiated = OutputGradients.of(model, Set.of(input), 1);
    String gradient = Objects.requireNonNull(differentiated.gradients().get(input));
    List<String> outputs =
        model.proto().getGraph().getOutputList().stream().map(ValueInfoProto::getName).toList();
    List<String> directions =
        outputs.stream().map(output -> direction(differentiated.model(), output)).toList();
    List<String> wanted = new ArrayList<>(directions);
    wanted.add(gradient);
    float[] found;
    Map<String, float[]> direction = new LinkedHashMap<>();
    ModelInputs.Batch at = batch(input, shape, others, x);
    try (InputProbe probe = new InputProbe(differentiated.model(), wanted)) {
      OnnxRuntimeSession.Results results = probe.run(at);
      found = results.of(gradient).toArray();
      for (int i = 0; i < outputs.size(); i++) {
        direction.put(outputs.get(i), results.of(directions.get(i)).toArray());
      }
    }
    int[] kept = kept(at, x.length);
    assertThat(found).hasSize(kept.length);
    double scale = 0;
    for (float g : found) {
      scale = Math.max(scale, Math.abs(g));
    }
    assertThat(scale).isPositive();
    try (InputProbe probe = new InputProbe(model, outputs)) {
      for (int k = 0; k < kept.length; k += 7) {
        int i = kept[k];
        float[] up = x.clone();
        float[] down = x.clone();
        up[i] += STEP;
        down[i] -= STEP;
        double rise = along(probe.run(batch(input, shape, others, up)), direction);
        double fall = along(probe.run(batch(input, shape, others, down)), direction);
        assertThat((rise - fall) / (2 * STEP)).isCloseTo(found[k], within(0.01 * scale));
      }
    }
  }

  private static String direction(OnnxModel differentiated, String output) {
    return differentiated.proto().getGraph().getNodeList().stream()
        .filter(node -> node.getOpType().equals("RandomNormalLike"))
        .filter(node -> node.getInput(0).equals(output))
        .findFirst()
        .orElseThrow()
        .getOutput(0);
  }

  /** The numbers of the input that are no padding. */
  private static int[] kept(ModelInputs.Batch batch, int count) {
    Optional<NdArray> mask = batch.mask();
    return IntStream.range(0, count)
        .filter(i -> mask.isEmpty() || mask.get().real(i / (count / mask.get().size())) != 0)
        .toArray();
  }

  private static double along(OnnxRuntimeSession.Results results, Map<String, float[]> direction) {
    double sum = 0;
    for (Map.Entry<String, float[]> output : direction.entrySet()) {
      float[] y = results.of(output.getKey()).toArray();
      for (int i = 0; i < y.length; i++) {
        sum += (double) y[i] * output.getValue()[i];
      }
    }
    return sum;
  }

  private ModelInputs.Batch batch(
      String input, String shape, Map<String, byte[]> others, float... x) throws Exception {
    byte[] bytes = new byte[4 * x.length];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(x);
    Map<String, byte[]> arrays = new LinkedHashMap<>(others);
    // A file in the archive cannot be called as the value is.
    arrays.put("x", NpyFileTest.npy("<f4", shape, bytes));
    ModelInputs.Batch read = ModelInputsTest.npz(folder.resolve("x.npz"), arrays).whole();
    Map<String, NdArray> named = new LinkedHashMap<>(read.arrays());
    named.put(input, Objects.requireNonNull(named.remove("x")));
    return new ModelInputs.Batch(named);
  }
}
