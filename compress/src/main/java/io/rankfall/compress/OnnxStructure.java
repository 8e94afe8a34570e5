package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the structure of an ONNX file: its graphs, and where in the file each tensor's numbers are.
 * These are skipped, so memory does not grow with the weights.
 */
final class OnnxStructure {
  private static final int DEEPEST_BODY = 32;

  private final String file;
  private final ProtoReader in;
  private final OnnxTensors tensors;

  private OnnxStructure(Path path, ProtoReader in) {
    this.file = path.toString();
    this.in = in;
    this.tensors = new OnnxTensors(path, in);
  }

  /**
   * The model's graph, and its functions behind it.
   *
   * @throws ModelFormatException in one line, if the file is damaged, its structure is too large
   *     for the heap, or external data is not where it should be
   */
  static List<OnnxScope> read(Path path) throws IOException {
    String file = path.toString();
    long size = FileBytes.size(path);
    if (size > Integer.MAX_VALUE) {
      throw new ModelFormatException(
          file, "file", "less than 2 GiB, the most that an ONNX file can have", size + " bytes");
    }
    try (InputStream bytes = new FileInputStream(path.toFile())) {
      return new OnnxStructure(path, new ProtoReader(path, size, bytes)).model();
    } catch (InvalidProtocolBufferException e) {
      throw new ModelFormatException(
          file, "content", "an ONNX model", String.valueOf(e.getMessage()));
    }
  }

  private List<OnnxScope> model() throws IOException {
    List<OnnxScope> scopes = new ArrayList<>();
    List<OnnxScope> functions = new ArrayList<>();
    in.file(
        (number, wire) -> {
          if (!ProtoReader.isDelimited(wire)) {
            return false;
          }
          if (number == ModelProto.GRAPH_FIELD_NUMBER) {
            if (!scopes.isEmpty()) {
              throw new ModelFormatException(file, "graph", "one", "two");
            }
            scopes.add(new OnnxScope(null));
            return graph(scopes.get(0), 0);
          }
          return number == ModelProto.FUNCTIONS_FIELD_NUMBER && function(functions);
        });
    if (scopes.isEmpty() || scopes.get(0).nodes().isEmpty()) {
      throw new ModelFormatException(file, "graph", "at least one node", "none");
    }
    scopes.addAll(functions);
    scopes.forEach(OnnxScope::connect);
    return scopes;
  }

  private boolean function(List<OnnxScope> functions) throws IOException {
    OnnxScope scope = new OnnxScope(null);
    functions.add(scope);
    in.message(
        (number, wire) ->
            ProtoReader.isDelimited(wire)
                && number == FunctionProto.NODE_FIELD_NUMBER
                && node(scope, 0));
    return true;
  }

  private boolean graph(OnnxScope scope, int depth) throws IOException {
    in.keepEntry();
    if (depth > DEEPEST_BODY) {
      throw new ModelFormatException(
          file, "graph", "bodies nested at most %d deep".formatted(DEEPEST_BODY), "deeper ones");
    }
    in.message(
        (number, wire) -> {
          if (!ProtoReader.isDelimited(wire)) {
            return false;
          }
          return switch (number) {
            case GraphProto.NODE_FIELD_NUMBER -> node(scope, depth);
            case GraphProto.INITIALIZER_FIELD_NUMBER -> initializer(scope);
            case GraphProto.SPARSE_INITIALIZER_FIELD_NUMBER -> sparse(scope);
            case GraphProto.OUTPUT_FIELD_NUMBER -> output(scope);
            default -> false;
          };
        });
    return true;
  }

  private boolean initializer(OnnxScope scope) throws IOException {
    StoredTensor tensor = tensors.read("initializer");
    scope.addConstant(tensor.name(), tensor, file, "initializer " + tensor.name());
    return true;
  }

  private boolean sparse(OnnxScope scope) throws IOException {
    List<Long> dims = new ArrayList<>();
    String[] name = {""};
    in.message(
        (number, wire) -> {
          if (number == SparseTensorProto.VALUES_FIELD_NUMBER && ProtoReader.isDelimited(wire)) {
            name[0] = tensors.read("sparse initializer").name();
            return true;
          }
          return number == SparseTensorProto.DIMS_FIELD_NUMBER && in.integers(wire, dims);
        });
    scope.addSparse(SkippedWeight.of(name[0], Tensors.shape(dims), "sparse weights are not read"));
    return true;
  }

  private boolean output(OnnxScope scope) throws IOException {
    in.message(
        (number, wire) -> {
          boolean name = number == ValueInfoProto.NAME_FIELD_NUMBER;
          if (name && ProtoReader.isDelimited(wire)) {
            scope.addOutput(in.text());
            return true;
          }
          return false;
        });
    return true;
  }

  /** What is gathered of a node: its fields come in any order. */
  private static final class Parts {
    String name = "";
    String type = "";
    String domain = "";
    final List<String> inputs = new ArrayList<>(3);
    final List<String> outputs = new ArrayList<>(1);
    final Map<String, List<Long>> integers = new HashMap<>(4);
    @Nullable StoredTensor value;
  }

  private boolean node(OnnxScope scope, int depth) throws IOException {
    in.keepEntry();
    Parts parts = new Parts();
    in.message(
        (number, wire) -> {
          if (!ProtoReader.isDelimited(wire)) {
            return false;
          }
          switch (number) {
            case NodeProto.NAME_FIELD_NUMBER -> parts.name = in.text();
            case NodeProto.OP_TYPE_FIELD_NUMBER -> parts.type = in.text();
            case NodeProto.DOMAIN_FIELD_NUMBER -> parts.domain = in.text();
            case NodeProto.INPUT_FIELD_NUMBER -> parts.inputs.add(in.text());
            case NodeProto.OUTPUT_FIELD_NUMBER -> parts.outputs.add(in.text());
            case NodeProto.ATTRIBUTE_FIELD_NUMBER -> attribute(parts, scope, depth);
            default -> {
              return false;
            }
          }
          return true;
        });
    OnnxNode node =
        new OnnxNode(
            parts.name,
            parts.type,
            parts.domain.equals("ai.onnx") ? "" : parts.domain,
            parts.inputs,
            parts.outputs,
            parts.integers,
            parts.type.equals("Constant") ? parts.value : null);
    scope.addNode(node, file);
    return true;
  }

  private void attribute(Parts node, OnnxScope scope, int depth) throws IOException {
    in.keepEntry();
    String[] name = {""};
    List<Long> integers = new ArrayList<>(1);
    in.message(
        (number, wire) -> {
          if (number == AttributeProto.I_FIELD_NUMBER
              || number == AttributeProto.INTS_FIELD_NUMBER) {
            return in.integers(wire, integers);
          }
          if (!ProtoReader.isDelimited(wire)) {
            return false;
          }
          switch (number) {
            case AttributeProto.NAME_FIELD_NUMBER -> name[0] = in.text();
            case AttributeProto.T_FIELD_NUMBER ->
                node.value = tensors.read("attribute of node " + node.name + ", tensor");
            case AttributeProto.G_FIELD_NUMBER, AttributeProto.GRAPHS_FIELD_NUMBER ->
                graph(new OnnxScope(scope), depth + 1);
            default -> {
              return false;
            }
          }
          return true;
        });
    if (!integers.isEmpty()) {
      node.integers.put(name[0], integers);
    }
  }
}
