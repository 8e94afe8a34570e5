package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.rankfall.compress.FeedForwardExport.Activation;
import io.rankfall.compress.FeedForwardExport.Layer;
import io.rankfall.compress.FeedForwardExport.Producer;
import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Small random networks and samples. */
final class Networks {
  private Networks() {}

  static OnnxModel mlp(long seed, int... widths) throws ModelFormatException {
    return mlp(new SplittableRandom(seed), Networks::gaussian, seed, widths);
  }

  /** Weights whose singular values fall by about a fifth from one to the next. */
  static OnnxModel decaying(long seed, int... widths) throws ModelFormatException {
    return mlp(new SplittableRandom(seed), Networks::decaying, seed, widths);
  }

  @FunctionalInterface
  private interface Weights {
    Matrix of(int rows, int cols, SplittableRandom random);
  }

  private static Matrix gaussian(int rows, int cols, SplittableRandom random) {
    return Matrix.gaussian(rows, cols, random);
  }

  private static Matrix decaying(int rows, int cols, SplittableRandom random) {
    int inner = Math.min(rows, cols);
    Matrix left = Matrix.gaussian(rows, inner, random);
    float[] scaled = left.toArray();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= (float) (Math.pow(0.8, i % inner) / Math.sqrt(cols));
    }
    return Matrix.of(rows, inner, scaled).times(Matrix.gaussian(inner, cols, random));
  }

  private static OnnxModel mlp(SplittableRandom random, Weights weights, long seed, int... widths)
      throws ModelFormatException {
    List<Layer> layers = new ArrayList<>();
    for (int i = 1; i < widths.length; i++) {
      float[] bias = Matrix.gaussian(1, widths[i], random).toArray();
      Layer layer = Layer.of("fc" + i, weights.of(widths[i], widths[i - 1], random), bias);
      layers.add(i < widths.length - 1 ? layer.with(Activation.RELU) : layer);
    }
    return new FeedForwardExport(layers, new Producer("test", "1"), Map.of("seed", seed + ""))
        .model("mlp");
  }

  /** The model with all its numbers, inputs and outputs of another type. */
  static ModelProto inType(ModelProto model, DataType type) {
    TensorProto like = TensorProto.newBuilder().setDataType(type.getNumber()).build();
    ModelProto.Builder result = model.toBuilder();
    GraphProto.Builder graph = result.getGraphBuilder();
    for (TensorProto.Builder tensor : graph.getInitializerBuilderList()) {
      if (tensor.getDataType() == DataType.FLOAT_VALUE) {
        TensorProto converted = Tensors.inTypeOf(like, tensor.build());
        tensor.clear().mergeFrom(converted);
      }
    }
    graph.clearValueInfo();
    Stream.concat(graph.getInputBuilderList().stream(), graph.getOutputBuilderList().stream())
        .forEach(v -> v.getTypeBuilder().getTensorTypeBuilder().setElemType(type.getNumber()));
    return result.build();
  }

  /** Correlated samples with a mean. */
  static Rows rows(long seed, int count, int width) {
    SplittableRandom random = new SplittableRandom(seed);
    Matrix mixing = Matrix.gaussian(width, width, random);
    Matrix samples = Matrix.gaussian(count, width, random).times(mixing);
    float[] values = samples.toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] / width + 1f;
    }
    return Rows.of(width, values);
  }

  static Rows outputs(OnnxModel model, Rows rows) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      return session.logits(rows);
    }
  }

  /** ‖a − b‖/‖b‖. */
  static double distance(Rows a, Rows b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < b.count(); i++) {
      for (int j = 0; j < b.width(); j++) {
        difference += Math.pow(a.get(i, j) - b.get(i, j), 2);
        norm += Math.pow(b.get(i, j), 2);
      }
    }
    return Math.sqrt(difference / norm);
  }
}
