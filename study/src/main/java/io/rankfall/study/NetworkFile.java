package io.rankfall.study;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.SafetensorsFile;
import io.rankfall.compress.SafetensorsFile.Entry;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.Architecture;
import io.rankfall.train.Network;
import io.rankfall.train.Tensor;
import io.rankfall.train.graph.LayerGraph;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the network that {@link NetworkExport} wrote as {@code model.safetensors}. */
public final class NetworkFile {
  private NetworkFile() {}

  /**
   * The parameters, to the bit as they were exported.
   *
   * @throws ModelFormatException in one line, if a tensor is missing or has another shape
   */
  public static Network read(Path path, Architecture architecture) throws IOException {
    SafetensorsFile file = SafetensorsFile.read(path);
    Map<String, Entry> entries = new HashMap<>();
    file.entries().forEach(entry -> entries.put(entry.name(), entry));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (LayerGraph.Named named : architecture.graph().parameters()) {
      List<Integer> shape = named.parameter().shape();
      Entry entry = entries.get(named.name());
      if (entry == null || !entry.shape().equals(shape.stream().map(Integer::longValue).toList())) {
        throw new ModelFormatException(
            path.toString(),
            "tensor " + named.name(),
            shape.toString(),
            entry == null ? "none" : entry.shape().toString());
      }
      float[] values = file.floats(entry);
      int rows = shape.size() == 1 ? 1 : shape.get(0);
      tensors.put(named.name(), new Tensor(shape, Matrix.of(rows, values.length / rows, values)));
    }
    return new Network(architecture, tensors);
  }
}
