package io.rankfall.compress;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node of an ONNX graph, without the numbers it may hold.
 *
 * @param domain empty for ONNX's own operators
 * @param integers the attributes of type INT and INTS, by name
 * @param value the tensor of a Constant node
 */
record OnnxNode(
    String name,
    String type,
    String domain,
    List<String> inputs,
    List<String> outputs,
    Map<String, List<Long>> integers,
    @Nullable StoredTensor value) {

  OnnxNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    integers = Map.copyOf(integers);
  }

  /** As messages name it. */
  String label() {
    return name.isBlank() ? type : type + " " + name;
  }

  /** Whether it is an operator of ONNX or of ONNX Runtime rather than somebody's own. */
  boolean isStandard() {
    return domain.isEmpty() || domain.equals("ai.onnx") || domain.equals("com.microsoft");
  }

  long integer(String attribute, long absent) {
    List<Long> found = integers.getOrDefault(attribute, List.of());
    return found.isEmpty() ? absent : found.get(0);
  }
}
