package io.rankfall.train;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Specifications as JSON in one canonical form: names in alphabetical order, no spaces.
 *
 * <p>What was added to specifications after the first studies is left out where it has the value of
 * {@link #ADDED}, and taken from there where it is missing: files written before can be read, and
 * trainings that could be asked for before keep their names.
 */
final class SpecJson {
  private static final int ID_BYTES = 8;

  /** What was added, at the values that stand for what was done before. */
  private static final String ADDED =
      """
      {
        "augmentation": "none",
        "loss": "CROSS_ENTROPY",
        "optimizer": {"clipNorm": 0.0, "decayOn": "ALL", "method": "SGD"}
      }
      """;

  static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  /** Reads and writes specifications with all that they have. */
  private static final JsonMapper WHOLE =
      JSON.rebuild().addMixIn(RunSpec.class, AsAnyRecord.class).build();

  /** Takes the annotations of {@link RunSpec} away. */
  @JsonSerialize
  @JsonDeserialize
  private interface AsAnyRecord {}

  private SpecJson() {}

  /** Writes a specification without what {@link #ADDED} says. */
  static final class Writer extends JsonSerializer<RunSpec> {
    @Override
    public void serialize(RunSpec spec, JsonGenerator to, SerializerProvider provider)
        throws IOException {
      to.writeTree(tree(spec));
    }
  }

  /** Reads what {@link Writer} or an earlier version has written. */
  static final class Reader extends JsonDeserializer<RunSpec> {
    @Override
    public RunSpec deserialize(JsonParser from, DeserializationContext context) throws IOException {
      if (!(from.readValueAsTree() instanceof ObjectNode json)) {
        throw MismatchedInputException.from(from, RunSpec.class, "expected an object");
      }
      JsonNode formerName = json.remove("sgd");
      if (formerName != null) {
        json.set("optimizer", formerName);
      }
      complete(json, added());
      return WHOLE.treeToValue(json, RunSpec.class);
    }
  }

  private static ObjectNode added() {
    try {
      return (ObjectNode) JSON.readTree(ADDED);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a constant can be read", e);
    }
  }

  private static ObjectNode tree(RunSpec spec) {
    ObjectNode json = WHOLE.valueToTree(spec);
    omit(json, added());
    return json;
  }

  private static void omit(ObjectNode json, ObjectNode defaults) {
    for (Map.Entry<String, JsonNode> added : defaults.properties()) {
      JsonNode found = json.get(added.getKey());
      if (found instanceof ObjectNode inner && added.getValue() instanceof ObjectNode outer) {
        omit(inner, outer);
      } else if (added.getValue().equals(found)) {
        json.remove(added.getKey());
      }
    }
  }

  private static void complete(ObjectNode json, ObjectNode defaults) {
    for (Map.Entry<String, JsonNode> added : defaults.properties()) {
      JsonNode found = json.get(added.getKey());
      if (found instanceof ObjectNode inner && added.getValue() instanceof ObjectNode outer) {
        complete(inner, outer);
      } else if (found == null && !added.getValue().isObject()) {
        json.set(added.getKey(), added.getValue());
      }
    }
  }

  static String id(RunSpec spec) {
    ObjectNode json = tree(spec);
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
