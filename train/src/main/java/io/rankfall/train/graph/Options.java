package io.rankfall.train.graph;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The options of a {@link Family}, those that were given over its defaults. */
final class Options {
  private static final int MOST = 1 << 20;

  private final Family family;
  private final Map<String, String> values;

  private Options(Family family, Map<String, String> values) {
    this.family = family;
    this.values = values;
  }

  /**
   * Reads {@code depth=6,bn}: a name alone switches it on.
   *
   * @throws IllegalArgumentException naming the known options, if one is not among them
   */
  static Options parse(Family family, String text) {
    Map<String, String> values = new LinkedHashMap<>(family.defaults());
    for (String option : text.isEmpty() ? List.<String>of() : List.of(text.split(",", -1))) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      if (!values.containsKey(name)) {
        throw new IllegalArgumentException(
            "architecture %s: expected options among %s, found '%s'"
                .formatted(
                    family.id(), values.isEmpty() ? "none" : family.defaults().keySet(), option));
      }
      String value = equals < 0 ? "true" : option.substring(equals + 1);
      values.put(name, value.toLowerCase(Locale.ROOT));
    }
    Options options = new Options(family, values);
    family.defaults().forEach(options::requireKind);
    return options;
  }

  private void requireKind(String name, String usual) {
    if (usual.matches("\\d+")) {
      count(name);
    } else if (usual.equals("true") || usual.equals("false")) {
      on(name);
    }
  }

  /** A whole number from 1 on. */
  int count(String name) {
    String text = value(name);
    if (text.matches("\\d{1,7}")) {
      int count = Integer.parseInt(text);
      if (count >= 1 && count <= MOST) {
        return count;
      }
    }
    throw refused(name, "a number from 1 to 2^20", text);
  }

  boolean on(String name) {
    String text = value(name);
    if (!text.equals("true") && !text.equals("false")) {
      throw refused(name, "true or false", text);
    }
    return text.equals("true");
  }

  Layer.Activation activation(String name) {
    return switch (value(name)) {
      case "relu" -> Layer.Activation.RELU;
      case "leaky" -> Layer.Activation.LEAKY_RELU;
      case "gelu" -> Layer.Activation.GELU;
      default -> throw refused(name, "relu, leaky or gelu", value(name));
    };
  }

  private String value(String name) {
    return Objects.requireNonNull(values.get(name), name);
  }

  private IllegalArgumentException refused(String name, String expected, String found) {
    return new IllegalArgumentException(
        "architecture %s: %s: expected %s, found '%s'"
            .formatted(family.id(), name, expected, found));
  }

  /** The family's name with the options that differ from its defaults, in its order. */
  @Override
  public String toString() {
    String differing =
        values.entrySet().stream()
            .filter(e -> !e.getValue().equals(family.defaults().get(e.getKey())))
            .map(e -> e.getValue().equals("true") ? e.getKey() : e.getKey() + "=" + e.getValue())
            .collect(Collectors.joining(","));
    return differing.isEmpty() ? family.id() : family.id() + ":" + differing;
  }
}
