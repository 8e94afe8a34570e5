package io.rankfall.study;

import io.rankfall.compress.FeedForwardExport;
import io.rankfall.compress.FeedForwardExport.Activation;
import io.rankfall.compress.FeedForwardExport.Producer;
import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.SafetensorsFile;
import io.rankfall.compress.SafetensorsFile.Tensor;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.BatchNorm;
import io.rankfall.train.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A trained network as model files. */
public final class NetworkExport {
  private NetworkExport() {}

  /** Input {@code input} (batch × inputs), output {@code logits}; layers keep their names. */
  public static OnnxModel onnx(Network network) throws ModelFormatException {
    List<FeedForwardExport.Layer> layers = new ArrayList<>();
    int last = network.layers().size() - 1;
    for (int l = 0; l <= last; l++) {
      Network.Layer layer = network.layers().get(l);
      layers.add(
          new FeedForwardExport.Layer(
              layer.name(),
              layer.weight(),
              layer.bias(),
              Optional.ofNullable(layer.batchNorm()).map(NetworkExport::norm),
              l == last ? Activation.NONE : Activation.RELU));
    }
    return new FeedForwardExport(
            layers, new Producer("rankfall", Versions.ofBuild().rankfall()), metadata(network))
        .model("exported network");
  }

  private static FeedForwardExport.BatchNorm norm(BatchNorm norm) {
    return new FeedForwardExport.BatchNorm(
        norm.gamma(),
        norm.beta(),
        norm.runningMean(),
        norm.runningVariance(),
        (float) BatchNorm.EPSILON);
  }

  /**
   * Tensors {@code NAME.weight} (outputs × inputs), {@code NAME.bias} and, with batch
   * normalisation, {@code NAME.norm.weight}, {@code .bias}, {@code .running_mean} and {@code
   * .running_var}.
   */
  static void safetensors(Network network, Path path) throws IOException {
    safetensors(network, path, Map.of());
  }

  /** As {@link #safetensors(Network, Path)}, with more metadata. */
  static void safetensors(Network network, Path path, Map<String, String> more) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Network.Layer layer : network.layers()) {
      tensors.put(layer.name() + ".weight", Tensor.of(layer.weight()));
      tensors.put(layer.name() + ".bias", vector(layer.bias()));
      BatchNorm norm = layer.batchNorm();
      if (norm != null) {
        tensors.put(layer.name() + ".norm.weight", vector(norm.gamma()));
        tensors.put(layer.name() + ".norm.bias", vector(norm.beta()));
        tensors.put(layer.name() + ".norm.running_mean", vector(norm.runningMean()));
        tensors.put(layer.name() + ".norm.running_var", vector(norm.runningVariance()));
      }
    }
    Map<String, String> metadata = new TreeMap<>(more);
    metadata.putAll(metadata(network));
    SafetensorsFile.write(path, tensors, metadata);
  }

  private static Tensor vector(Matrix row) {
    return Tensor.of(List.of((long) row.cols()), row.toArray());
  }

  private static Map<String, String> metadata(Network network) {
    return Map.of("architecture", network.architecture().label());
  }
}
