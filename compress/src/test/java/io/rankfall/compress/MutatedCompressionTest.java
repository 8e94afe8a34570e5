package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Models with fields or bytes changed, compressed and opened in ONNX Runtime: this ends with a
 * model or with one line. A failure names the seed; after a crash of the process the model is in
 * the temporary folder. {@code -Drankfall.mutations=100000} tries more.
 */
class MutatedCompressionTest {
  private static final int MUTATIONS = Integer.getInteger("rankfall.mutations", 250);
  private static final long FIRST_SEED = Long.getLong("rankfall.seed", 0);

  /** For all mutations of one model. */
  private static final Duration LONGEST = Duration.ofSeconds(60L + MUTATIONS / 10);

  @TempDir Path directory = Path.of("");

  static List<String> models() {
    return List.of(
        "gemm", "matmul", "half", "external", "lenet", "attention", "masked", "residual");
  }

  private static ModelProto model(String name) throws IOException {
    return switch (name) {
      case "gemm", "external" -> Networks.mlp(1, 6, 8, 4).proto();
      case "half" -> Networks.inType(Networks.mlp(1, 6, 8, 4).proto(), DataType.FLOAT16);
      case "matmul" -> matmul();
      default -> OnnxModel.read(ModelFilesTest.models().resolve(name + ".onnx")).proto();
    };
  }

  /** With MatMul and Add instead of Gemm, and a cast on the way of each weight. */
  private static ModelProto matmul() throws ModelFormatException {
    ModelProto.Builder model = Networks.mlp(1, 6, 6, 6).proto().toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    List<NodeProto> nodes = List.copyOf(graph.getNodeList());
    graph.clearNode();
    for (NodeProto node : nodes) {
      if (!node.getOpType().equals("Gemm")) {
        graph.addNode(node);
        continue;
      }
      String product = node.getName() + ".product";
      String weight = node.getName() + ".cast";
      graph.addNode(node("Cast", weight, node.getInput(1)).addAttribute(Chain.integer("to", 1)));
      graph.addNode(node("MatMul", product, node.getInput(0), weight));
      graph.addNode(node("Add", node.getOutput(0), product, node.getInput(2)));
    }
    return model.build();
  }

  private static NodeProto.Builder node(String type, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(type)
        .setName(output)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  /** How mutations ended. */
  private final Map<String, Integer> outcomes = new LinkedHashMap<>();

  private void compress(Path path, int width, long seed) throws Exception {
    String outcome;
    try {
      OnnxModel model = OnnxModel.read(path);
      ModelInputs rows = ModelInputs.of(Networks.rows(1, 12, width));
      Compressor compressor =
          seed % 3 == 0 ? Compressor.dataAware(model, rows) : new Compressor(model);
      RankPolicy policy =
          seed % 2 == 0
              ? new RankPolicy.Uniform(2)
              : new RankPolicy.ParameterBudget(0.7, RankPolicy.Division.GLOBAL);
      OnnxModel small = compressor.apply(compressor.plan(policy));
      Path out = directory.resolve("out.onnx");
      small.write(out);
      outcome = "compressed";
      try (OnnxRuntimeSession session = OnnxRuntimeSession.open(out)) {
        assertThat(session).isNotNull();
        outcome = "runs";
      }
    } catch (ModelFormatException
        | BudgetException
        | InferenceException
        | IllegalArgumentException e) {
      // Inputs that do not fit and weights that are no numbers are bad arguments, and say so.
      if (!(e instanceof InferenceException)) {
        assertThat(e.getMessage()).as("seed %d", seed).contains("expected", "found");
      }
      outcome = e.getClass().getSimpleName();
    }
    outcomes.merge(outcome, 1, Integer::sum);
  }

  @ParameterizedTest
  @MethodSource("models")
  void endInAModelOrInOneLine(String name) throws Exception {
    ModelProto whole = model(name);
    Path path = directory.resolve("mutated.onnx");
    OnnxFile.write(path, whole, name.equals("external") ? 100 : OnnxFile.MOST_BYTES);
    byte[] bytes = Files.readAllBytes(path);
    ModelProto message = ModelProto.parseFrom(bytes);
    AtomicLong seed = new AtomicLong();
    try {
      Assertions.assertTimeoutPreemptively(
          LONGEST,
          () -> {
            for (long i = FIRST_SEED; i < FIRST_SEED + MUTATIONS; i++) {
              seed.set(i);
              Files.write(
                  path,
                  i % 4 == 3
                      ? DamagedFilesTest.damaged(bytes, i)
                      : MessageMutator.mutated(message, i).toByteArray());
              compress(path, name.equals("lenet") ? 28 * 28 : 6, i);
            }
          });
    } catch (Exception | Error e) {
      throw new AssertionError("seed %d of %s: %s".formatted(seed.get(), name, e), e);
    }
    System.err.println(name + " " + outcomes);
    assertThat(outcomes).containsKeys("runs", "ModelFormatException");
  }
}
