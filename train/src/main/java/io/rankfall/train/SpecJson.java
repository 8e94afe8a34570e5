package io.rankfall.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Specifications as JSON in one canonical form: names in alphabetical order, no spaces. */
final class SpecJson {
  private static final int ID_BYTES = 8;

  static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  private SpecJson() {}

  static String id(RunSpec spec) {
    ObjectNode json = JSON.valueToTree(spec);
    json.remove("epochs");
    // What it was called when the first studies were made: a training keeps its name.
    json.set("sgd", json.remove("optimizer"));
    byte[] hash = sha256().digest(text(json).getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash, 0, ID_BYTES);
  }

  static String text(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records of numbers and names can be written", e);
    }
  }

  static RunSpec spec(String json) {
    try {
      return JSON.readValue(json, RunSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "spec: expected that of a run, found " + e.getOriginalMessage(), e);
    }
  }

  /** The first setting that differs, epochs left out, or null. */
  static @Nullable String difference(RunSpec expected, RunSpec found) {
    ObjectNode left = JSON.valueToTree(expected);
    left.remove("epochs");
    ObjectNode right = JSON.valueToTree(found);
    right.remove("epochs");
    return difference("", left, right);
  }

  private static @Nullable String difference(String name, JsonNode expected, JsonNode found) {
    if (expected.equals(found)) {
      return null;
    }
    Set<String> names = new TreeSet<>();
    if (expected.isObject() && found.isObject()) {
      expected.fieldNames().forEachRemaining(names::add);
      found.fieldNames().forEachRemaining(names::add);
    }
    for (String field : names) {
      String path = name.isEmpty() ? field : name + "." + field;
      String inside = difference(path, expected.path(field), found.path(field));
      if (inside != null) {
        return inside;
      }
    }
    return "%s: expected %s, found %s".formatted(name, text(expected), text(found));
  }

  private static String text(JsonNode value) {
    return value.isMissingNode()
        ? "nothing"
        : value.isTextual() ? value.asText() : text((Object) value);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
