package io.rankfall.compress;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The JSON header of a safetensors file, held against the bytes that follow it. */
final class SafetensorsHeader {
  static final String METADATA = "__metadata__";

  private final String file;
  private final List<SafetensorsFile.Entry> entries = new ArrayList<>();
  private final Map<String, String> metadata = new HashMap<>();

  SafetensorsHeader(String file, JsonNode json, long dataBytes) throws ModelFormatException {
    this.file = file;
    if (json == null || !json.isObject()) {
      throw new ModelFormatException(file, "header", "a JSON object", "something else");
    }
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (field.getKey().equals(METADATA)) {
        addMetadata(field.getValue());
      } else {
        entries.add(entry(field.getKey(), field.getValue()));
      }
    }
    entries.sort(
        Comparator.comparingLong(SafetensorsFile.Entry::begin)
            .thenComparingLong(SafetensorsFile.Entry::end));
    long expected = 0;
    for (SafetensorsFile.Entry entry : entries) {
      if (entry.begin() != expected) {
        throw new ModelFormatException(
            file, "tensor " + entry.name(), "offset " + expected, entry.begin() + "");
      }
      expected = entry.end();
    }
    if (expected != dataBytes) {
      throw new ModelFormatException(
          file, "data", expected + " bytes, as the header says", dataBytes + "");
    }
  }

  List<SafetensorsFile.Entry> entries() {
    return entries;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  private void addMetadata(JsonNode node) throws ModelFormatException {
    if (!node.isObject()) {
      throw new ModelFormatException(file, METADATA, "an object", node.getNodeType() + "");
    }
    for (Map.Entry<String, JsonNode> property : node.properties()) {
      if (!property.getValue().isTextual()) {
        throw new ModelFormatException(
            file,
            METADATA + " " + property.getKey(),
            "text",
            property.getValue().getNodeType() + "");
      }
      metadata.put(property.getKey(), property.getValue().textValue());
    }
  }

  private SafetensorsFile.Entry entry(String name, JsonNode node) throws ModelFormatException {
    String where = "tensor " + name;
    String type = node.path("dtype").asText("");
    List<Long> shape = numbers(where + " shape", node.path("shape"));
    List<Long> offsets = numbers(where + " data_offsets", node.path("data_offsets"));
    if (type.isEmpty()) {
      throw new ModelFormatException(file, where, "a dtype", "none");
    }
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw new ModelFormatException(
          file, where + " data_offsets", "a begin and an end", offsets + "");
    }
    long bytes = offsets.get(1) - offsets.get(0);
    long count = count(where, shape);
    int bits = ElementType.ofSafetensors(type).bits();
    if (bits > 0 && (count > Long.MAX_VALUE / bits || count * bits != bytes * 8)) {
      throw new ModelFormatException(
          file,
          where,
          "%d numbers of %s for %s".formatted(count, type, Tensors.shape(shape)),
          bytes + " bytes");
    }
    return new SafetensorsFile.Entry(name, type, shape, offsets.get(0), offsets.get(1));
  }

  private long count(String where, List<Long> shape) throws ModelFormatException {
    try {
      long count = 1;
      for (long dim : shape) {
        count = Math.multiplyExact(count, dim);
      }
      return count;
    } catch (ArithmeticException e) {
      throw new ModelFormatException(
          file, where, "a shape with a product below 2⁶³", Tensors.shape(shape));
    }
  }

  private List<Long> numbers(String where, JsonNode node) throws ModelFormatException {
    List<Long> numbers = new ArrayList<>();
    for (JsonNode element : node) {
      // Half of the range, so that differences and eightfold bytes do not overflow.
      if (!element.isIntegralNumber()
          || !element.canConvertToLong()
          || element.longValue() < 0
          || element.longValue() > Long.MAX_VALUE / 16) {
        throw new ModelFormatException(file, where, "integers >= 0", element.toString());
      }
      numbers.add(element.longValue());
    }
    if (!node.isArray()) {
      throw new ModelFormatException(file, where, "an array", node.getNodeType() + "");
    }
    return numbers;
  }
}
