package io.rankfall.compress;

import static io.rankfall.compress.WeightGraphs.W;
import static io.rankfall.compress.WeightGraphs.body;
import static io.rankfall.compress.WeightGraphs.node;
import static io.rankfall.compress.WeightGraphs.product;
import static io.rankfall.compress.WeightGraphs.reason;
import static io.rankfall.compress.WeightGraphs.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Graphs that contradict themselves are refused, and those that go in circles end. */
final class ContradictoryWeightsTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void contradictionsAreRefused() throws Exception {
    TensorProto w = Tensors.of("w", W);
    assertThat(refusal(directory, product(w).addInitializer(w)))
        .contains("one value of this name, found two");
    assertThat(refusal(directory, product(w.toBuilder().setDims(0, -5).build())))
        .contains("found -5x7");
    assertThat(
            refusal(
                directory,
                product(w.toBuilder().setDims(0, 1L << 40).setDims(1, 1L << 40).build())))
        .contains("product below 2⁵⁶");
    assertThat(refusal(directory, product(w.toBuilder().setDims(0, 6).build())))
        .contains("initializer w: expected 168 bytes for F32 6x7, found 140 bytes");
    assertThat(refusal(directory, product(w.toBuilder().clearRawData().build())))
        .contains("140 bytes for F32 5x7, found 0 bytes");
    TensorProto.Builder many = w.toBuilder().clearDims();
    Stream.generate(() -> 1L).limit(1000).forEach(many::addDims);
    assertThat(refusal(directory, product(many.build()))).contains("at most 64 dimensions");
    assertThat(refusal(directory, product(w.toBuilder().setName("n".repeat(70_000)).build())))
        .contains("a name of at most 65536 bytes, found 70000");
    TensorProto halves =
        TensorProto.newBuilder().setName("w").setDataType(10).addDims(9).addDims(9).build();
    assertThat(refusal(directory, product(halves.toBuilder().addInt32Data(1).build())))
        .contains("162 bytes for F16 9x9, found 1 bytes");
  }

  @Test
  void bodiesNestedTooDeepAreRefused() throws Exception {
    GraphProto.Builder graph = product(Tensors.of("w", W));
    for (int depth = 0; depth < 60; depth++) {
      graph =
          GraphProto.newBuilder()
              .addNode(node("If", "if" + depth, List.of("c"), "y").addAttribute(body(graph)));
    }
    assertThat(refusal(directory, graph)).contains("bodies nested at most 32 deep");
  }

  @Test
  void circlesEnd() throws Exception {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInitializer(Tensors.of("w", W))
            .addNode(node("Identity", "a", List.of("w"), "b"))
            .addNode(node("Identity", "c", List.of("b"), "d"))
            .addNode(node("Identity", "e", List.of("d"), "b"))
            .addNode(node("Softmax", "s", List.of("p"), "q"))
            .addNode(node("Add", "t", List.of("q", "p"), "p"))
            .addNode(node("MatMul", "m", List.of("q", "p"), "p2"));
    for (int i = 0; i < 200; i++) {
      graph.addNode(node("Identity", "i" + i, List.of("b"), "j" + i));
      graph.addNode(node("Identity", "k" + i, List.of("j" + i), "b"));
    }
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> assertThat(reason(directory, graph)).startsWith("used by Identity"));
  }
}
