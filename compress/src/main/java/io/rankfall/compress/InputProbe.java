package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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
    // Without the model's own outputs ONNX Runtime leaves out what only they need.
    GraphProto.Builder graph = model.proto().getGraph().toBuilder().clearOutput();
    for (String value : values) {
      if (inputs.contains(value)) {
        given.add(value);
      } else if (computed.add(value)) {
        graph.addOutput(ValueInfoProto.newBuilder().setName(value));
      }
    }
    if (computed.isEmpty()) {
      graph.addAllOutput(model.proto().getGraph().getOutputList());
    }
    this.session =
        OnnxRuntimeSession.of(model.proto().toBuilder().setGraph(graph).build(), model.file());
  }

  /** Passes the values on batch by batch, each as rows of its last dimension. */
  void forEachBatch(ModelInputs examples, Consumer<OnnxRuntimeSession.Results> consumer) {
    session.forEachBatch(examples, computed, results -> consumer.accept(withGiven(results)));
  }

  /** Adds the values of all batches, and reports the share done. */
  void forEachBatch(ModelInputs examples, ProbedSums sums, CompressionListener listener) {
    double[] done = {0};
    forEachBatch(
        examples,
        seen -> {
          sums.add(seen);
          done[0] += seen.input().count();
          listener.onProgress(done[0], examples.count());
        });
  }

  /** The values of one batch. */
  OnnxRuntimeSession.Results run(ModelInputs.Batch batch) {
    return withGiven(session.run(batch, computed));
  }

  /** The dimensions of the values when one batch runs. */
  Map<String, List<Long>> shapes(ModelInputs.Batch batch) {
    return session.shapes(batch, computed);
  }

  private OnnxRuntimeSession.Results withGiven(OnnxRuntimeSession.Results results) {
    Map<String, Rows> values = new HashMap<>(results.outputs());
    given.forEach(name -> values.put(name, results.input().of(name).orElseThrow().lastAxisRows()));
    return new OnnxRuntimeSession.Results(results.input(), values, results.shapes());
  }

  @Override
  public void close() {
    session.close();
  }
}
