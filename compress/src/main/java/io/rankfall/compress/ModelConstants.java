package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The constants of an ONNX model's graph in single precision, by their names. */
public final class ModelConstants {
  private final OnnxModel model;
  private final Map<String, TensorProto> tensors = new HashMap<>();

  public ModelConstants(OnnxModel model) {
    this.model = model;
    for (TensorProto tensor : model.proto().getGraph().getInitializerList()) {
      if (tensor.getDataType() == TensorProto.DataType.FLOAT_VALUE) {
        tensors.put(tensor.getName(), tensor);
      }
    }
  }

  /** The dimensions of a constant; empty if there is none in single precision. */
  public Optional<List<Long>> shape(String name) {
    return Optional.ofNullable(tensors.get(name)).map(TensorProto::getDimsList);
  }

  /** The numbers of a constant that {@link #shape} knows. */
  public float[] values(String name) {
    TensorProto tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("constant %s: expected one, found none".formatted(name));
    }
    return Tensors.floats(tensor);
  }

  /** The model with other numbers in some of its constants, as many as before. */
  public OnnxModel with(Map<String, float[]> changed, String file) throws ModelFormatException {
    ModelProto.Builder proto = model.proto().toBuilder();
    proto
        .getGraphBuilder()
        .getInitializerBuilderList()
        .forEach(
            tensor -> {
              float[] values = changed.get(tensor.getName());
              if (values != null) {
                tensor.setRawData(Tensors.of("", values, values.length).getRawData());
              }
            });
    return OnnxModel.of(proto.build(), file);
  }
}
