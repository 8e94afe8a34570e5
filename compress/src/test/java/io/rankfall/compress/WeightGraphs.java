package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import io.rankfall.spectra.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/** Graphs around one weight, as files in a folder, and what becomes of them. */
final class WeightGraphs {
  static final Matrix W = Matrix.gaussian(5, 7, new SplittableRandom(3));

  private WeightGraphs() {}

  static Path write(Path folder, GraphProto.Builder graph) throws IOException {
    ModelProto model = ModelProto.newBuilder().setIrVersion(8).setGraph(graph).build();
    return Files.write(folder.resolve("m.onnx"), model.toByteArray());
  }

  static NodeProto.Builder node(String type, String name, List<String> in, String... out) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setName(name)
        .addAllInput(in)
        .addAllOutput(List.of(out));
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  static AttributeProto body(GraphProto.Builder graph) {
    return AttributeProto.newBuilder()
        .setName("body")
        .setType(AttributeProto.AttributeType.GRAPH)
        .setG(graph)
        .build();
  }

  /** x · w with w as given. */
  static GraphProto.Builder product(TensorProto w) {
    return GraphProto.newBuilder()
        .addInitializer(w)
        .addNode(node("MatMul", "fc", List.of("x", w.getName()), "y"));
  }

  static TensorProto tensor(DataType type, byte[] raw, long... dims) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(type.getNumber())
            .setRawData(ByteString.copyFrom(raw));
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor.build();
  }

  /** The one matrix that is found. */
  static StoredMatrix only(Path folder, GraphProto.Builder graph) throws IOException {
    ModelWeights weights = ModelWeights.open(write(folder, graph));
    assertThat(weights.skipped()).isEmpty();
    assertThat(weights.matrices()).hasSize(1);
    return weights.matrices().get(0);
  }

  /** Why the one constant is no matrix. */
  static String reason(Path folder, GraphProto.Builder graph) throws IOException {
    ModelWeights weights = ModelWeights.open(write(folder, graph));
    assertThat(weights.matrices()).isEmpty();
    assertThat(weights.skipped()).hasSize(1);
    return weights.skipped().get(0).reason();
  }

  /** The line in which the file is refused. */
  static String refusal(Path folder, GraphProto.Builder graph) throws IOException {
    Path path = write(folder, graph);
    try {
      Inspection.of(path);
    } catch (ModelFormatException e) {
      String message = Objects.requireNonNull(e.getMessage());
      assertThat(message).contains(path.toString(), "expected", "found").doesNotContain("\n");
      return message;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("not refused");
  }
}
