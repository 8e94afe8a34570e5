package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Graphs that contradict themselves are refused in one line; unsorted ones are put in order. */
class HostileGraphsTest {
  @TempDir Path directory = Path.of("");

  private static ModelProto model() throws ModelFormatException {
    return Networks.mlp(1, 6, 8, 8, 4).proto();
  }

  private static Arguments change(String why, Consumer<GraphProto.Builder> change) {
    return Arguments.of(why, change);
  }

  static Stream<Arguments> changes() {
    return Stream.of(
        change(
            "node Gemm fc1: expected inputs that do not need its outputs, found a cycle",
            graph -> graph.getNodeBuilder(0).setInput(0, "fc1.out")),
        change("found a cycle", graph -> graph.getNodeBuilder(0).setInput(0, "fc2.out")),
        change(
            "node Gemm fc2: expected inputs that something makes, found none called nothing",
            graph -> graph.getNodeBuilder(2).setInput(0, "nothing")),
        change(
            "value fc1.out: expected one that makes it, found several",
            graph -> graph.getNodeBuilder(2).setOutput(0, "fc1.out")),
        change(
            "value input: expected one that makes it",
            graph -> graph.getNodeBuilder(0).setOutput(0, "input")),
        change(
            "initializer fc1.weight: expected one value of this name, found two",
            graph -> graph.addInitializer(graph.getInitializer(0))),
        change(
            "output gone: expected a value of the graph",
            graph -> graph.getOutputBuilder(0).setName("gone")),
        change(
            "initializer fc1.weight: expected dimensions >= 0",
            graph -> graph.getInitializerBuilder(0).setDims(0, -8)),
        change(
            "initializer fc1.weight: expected dimensions >= 0",
            graph -> graph.getInitializerBuilder(0).setDims(0, 1L << 40)),
        change(
            "expected 8589934556 bytes for FLOAT 1x2147483639, found 192 bytes",
            graph -> graph.getInitializerBuilder(0).setDims(0, 1).setDims(1, 2147483639)),
        change(
            "expected 24000000 numbers for FLOAT16 4000000x6, found 0 numbers",
            graph ->
                graph
                    .getInitializerBuilder(0)
                    .setDims(0, 4_000_000)
                    .clearRawData()
                    .setDataType(DataType.FLOAT16_VALUE)));
  }

  private Path write(ModelProto model) throws IOException {
    return Files.write(directory.resolve("m.onnx"), model.toByteArray());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void contradictionsAreRefused(String why, Consumer<GraphProto.Builder> change) throws Exception {
    ModelProto.Builder proto = model().toBuilder();
    change.accept(proto.getGraphBuilder());
    Path path = write(proto.build());
    assertThatThrownBy(() -> OnnxModel.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("m.onnx")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void unsortedNodesArePutInOrder() throws Exception {
    ModelProto whole = model();
    List<NodeProto> nodes = new ArrayList<>(whole.getGraph().getNodeList());
    Collections.reverse(nodes);
    ModelProto.Builder reversed = whole.toBuilder();
    reversed.getGraphBuilder().clearNode().addAllNode(nodes);
    OnnxModel read = OnnxModel.read(write(reversed.build()));
    assertThat(read.proto()).isEqualTo(whole);
    Rows rows = Networks.rows(1, 40, 6);
    Compressor sorted = Compressor.dataAware(OnnxModel.of(whole, "m"), ModelInputs.of(rows));
    Compressor unsorted = Compressor.dataAware(read, ModelInputs.of(rows));
    RankPolicy rank = new RankPolicy.Uniform(2);
    assertThat(unsorted.apply(unsorted.plan(rank)).proto())
        .isEqualTo(sorted.apply(sorted.plan(rank)).proto());
  }

  @Test
  void whatABodyReadsOutsideCountsAsNeeded() throws Exception {
    GraphProto.Builder body =
        GraphProto.newBuilder()
            .addNode(NodeProto.newBuilder().setOpType("Relu").addInput("fc1.out").addOutput("own"));
    NodeProto loop =
        NodeProto.newBuilder()
            .setOpType("Loop")
            .setName("loop")
            .addOutput("looped")
            .addAttribute(AttributeProto.newBuilder().setName("body").setG(body))
            .build();
    ModelProto.Builder proto = model().toBuilder();
    proto.getGraphBuilder().addNode(0, loop);
    assertThat(GraphOrder.sorted(proto.build(), "m").getGraph().getNode(1)).isEqualTo(loop);
    proto.getGraphBuilder().getNodeBuilder(1).setInput(0, "looped");
    assertThatThrownBy(() -> GraphOrder.sorted(proto.build(), "m"))
        .hasMessageContaining("found a cycle");
  }

  @Test
  void aThousandLayersOfOneNameTakeNoTimeToTellApart() throws Exception {
    GraphProto.Builder graph = model().getGraph().toBuilder().clearNode().clearInitializer();
    String input = "input";
    for (int i = 0; i < 20_000; i++) {
      graph.addInitializer(Tensors.of("w" + i, new float[1], 1, 1));
      graph.addNode(
          NodeProto.newBuilder()
              .setOpType("MatMul")
              .setName("same")
              .addInput(input)
              .addInput("w" + i)
              .addOutput("v" + i));
      input = "v" + i;
    }
    graph.getOutputBuilder(0).setName(input);
    ModelProto proto = model().toBuilder().setGraph(graph).build();
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> assertThat(OnnxModel.of(proto, "m").layers()).hasSize(20_000));
  }

  @Test
  void bodiesNestedWithoutEndAreRefused() throws Exception {
    ByteString graph = ByteString.EMPTY;
    for (int i = 0; i < 20_000; i++) {
      graph = field(1, field(5, field(6, graph)));
    }
    Path path =
        Files.write(
            directory.resolve("m.onnx"), field(ModelProto.GRAPH_FIELD_NUMBER, graph).toByteArray());
    assertThatThrownBy(() -> OnnxModel.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("nested at most 100 deep");
  }

  private static ByteString field(int number, ByteString content) throws IOException {
    ByteString.Output out = ByteString.newOutput();
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    coded.writeTag(number, 2);
    coded.writeUInt32NoTag(content.size());
    coded.flush();
    return out.toByteString().concat(content);
  }

  @Test
  void aSmallFileThatWouldBeLargeInMemoryIsRefused() throws Exception {
    ByteArrayOutputStream nodes = new ByteArrayOutputStream();
    for (int i = 0; i < 100_000; i++) {
      nodes.write(field(1, ByteString.EMPTY).toByteArray());
    }
    ByteString model = field(7, ByteString.copyFrom(nodes.toByteArray()));
    assertThatThrownBy(
            () ->
                ProtoBudget.check(
                    "m", model.newCodedInput(), ModelProto.getDescriptor(), 10L << 20))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("fit into 10 MiB");
    ProtoBudget.check("m", model.newCodedInput(), ModelProto.getDescriptor(), 30L << 20);
  }
}
