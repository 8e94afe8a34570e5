package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** A model that shows values inside its graph while it runs. */
final class InputProbe implements AutoCloseable {
  private final OnnxRuntimeSession session;
  private final Set<String> computed = new HashSet<>();
  private final Set<String> given = new HashSet<>();

  /**
   * @param values names in the graph
   */
  InputProbe(OnnxModel model, Collection<String> values) throws ModelFormatException {
    Set<String> inputs = new HashSet<>();
    model.inputs().forEach(input -> inputs.add(input.name()));
    GraphProto.Builder graph = model.proto().getGraph().toBuilder();
    Set<String> outputs = new HashSet<>();
    graph.getOutputList().forEach(output -> outputs.add(output.getName()));
    for (String value : values) {
      if (inputs.contains(value)) {
        given.add(value);
      } else if (computed.add(value) && outputs.add(value)) {
        graph.addOutput(ValueInfoProto.newBuilder().setName(value));
      }
    }
    this.session =
        OnnxRuntimeSession.of(
            model.proto().toBuilder().setGraph(graph).build().toByteArray(), model.file());
  }

  /** Passes the values on batch by batch, each as rows of its last dimension. */
  void forEachBatch(Rows rows, Consumer<OnnxRuntimeSession.Results> consumer) {
    session.forEachBatch(
        rows,
        computed,
        results -> {
          Map<String, Rows> values = new HashMap<>(results.outputs());
          given.forEach(name -> values.put(name, results.input()));
          consumer.accept(new OnnxRuntimeSession.Results(results.input(), values));
        });
  }

  @Override
  public void close() {
    session.close();
  }
}
