package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MessageOrBuilder;
import java.util.List;
import java.util.Map;

/**
 * Refuses models that are known to end ONNX Runtime 1.23.2, and the JVM with it, before it sees
 * them. Found by changing fields of models at random:
 *
 * <ul>
 *   <li>a tensor of type -2³¹ is looked up in a table at that index
 * </ul>
 */
final class CrashGuard {
  /** ONNX has numbered 26 types; the table knows that others are none. */
  private static final int LAST_TYPE = 255;

  private final String file;

  private CrashGuard(String file) {
    this.file = file;
  }

  static void check(ModelProto model, String file) throws ModelFormatException {
    new CrashGuard(file).check(model);
  }

  private void check(MessageOrBuilder message) throws ModelFormatException {
    if (message instanceof TensorProto tensor) {
      checkTensor(tensor);
      return;
    }
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      if (field.getKey().getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        List<?> inner =
            field.getKey().isRepeated() ? (List<?>) field.getValue() : List.of(field.getValue());
        for (Object one : inner) {
          check((MessageOrBuilder) one);
        }
      }
    }
  }

  private void checkTensor(TensorProto tensor) throws ModelFormatException {
    if (tensor.getDataType() < 0 || tensor.getDataType() > LAST_TYPE) {
      throw new ModelFormatException(
          file,
          "tensor " + tensor.getName(),
          "a type of numbers that ONNX has",
          tensor.getDataType() + "");
    }
  }
}
