package io.rankfall.study;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.SafetensorsFile;
import io.rankfall.train.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** A trained network as model files. */
public final class NetworkExport {
  private NetworkExport() {}

  /** What becomes of batch normalisation in an ONNX file. */
  public enum BatchNorms {
    /** They stay operators of their own. */
    KEPT,
    /** The layers before them take them in; rounding differs. */
    FOLDED
  }

  /** Input {@code input} (batch × example), output {@code logits}; layers keep their names. */
  public static OnnxModel onnx(Network network) throws ModelFormatException {
    return onnx(network, BatchNorms.KEPT);
  }

  /** As {@link #onnx(Network)}. */
  public static OnnxModel onnx(Network network, BatchNorms batchNorms) throws ModelFormatException {
    return OnnxExport.model(
        network,
        batchNorms == BatchNorms.FOLDED
            ? ExportedParameters.folded(network)
            : ExportedParameters.asTheyAre(network));
  }

  /**
   * All tensors by the names of the graph's parameters, as PyTorch's: {@code fc1.weight} (outputs ×
   * inputs), {@code fc1.bias} and, of batch normalisation, {@code fc1.norm.weight}, {@code .bias},
   * {@code .running_mean} and {@code .running_var}.
   */
  static void safetensors(Network network, Path path) throws IOException {
    safetensors(network, path, Map.of());
  }

  /** As {@link #safetensors(Network, Path)}, with more metadata. */
  static void safetensors(Network network, Path path, Map<String, String> more) throws IOException {
    Map<String, SafetensorsFile.Tensor> tensors = new LinkedHashMap<>();
    network
        .tensors()
        .forEach(
            (name, tensor) ->
                tensors.put(
                    name,
                    SafetensorsFile.Tensor.of(
                        tensor.shape().stream().map(Integer::longValue).toList(),
                        tensor.toArray())));
    Map<String, String> metadata = new TreeMap<>(more);
    metadata.put("architecture", network.architecture().label());
    SafetensorsFile.write(path, tensors, metadata);
  }
}
