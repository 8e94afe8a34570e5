package io.rankfall.study.sweep;

import io.rankfall.study.sweep.Choice.Listed;
import io.rankfall.study.sweep.Choice.Range;
import io.rankfall.study.sweep.Choice.Scale;
import io.rankfall.train.RunSettings;
import io.rankfall.train.data.FashionMnist;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/** A specification as it is written: YAML, and options of the command line that replace parts. */
final class SweepDraft {
  private static final Set<String> RANGE = Set.of("min", "max", "scale");
  private static final int MOST = 100_000;

  enum Method {
    GRID,
    RANDOM
  }

  private final String file;
  String name = "sweep";
  String data = FashionMnist.NAME;
  Method method = Method.GRID;
  int trials;
  long drawSeed = 1;
  int spectraEvery = 1;
  boolean compressibility;
  List<Long> seeds = List.of(1L);
  final Map<Setting, Choice> choices = new EnumMap<>(Setting.class);

  SweepDraft(String file) {
    this.file = file;
  }

  String file() {
    return file;
  }

  void read(String yaml) throws SweepFormatException {
    var document = YamlTree.parse(file, yaml);
    if (document.isEmpty()) {
      throw new SweepFormatException(file, "sweep: expected a mapping, found nothing");
    }
    Map<String, YamlTree> entries = document.get().mapping("sweep");
    for (Map.Entry<String, YamlTree> entry : entries.entrySet()) {
      readEntry(entry.getKey(), entry.getValue());
    }
    boolean random = method == Method.RANDOM;
    if (random != (trials > 0)) {
      throw new SweepFormatException(
          document.get().where(),
          random
              ? "trials: expected a number with method random, found none"
              : "trials: expected none with method grid, found " + trials);
    }
  }

  private void readEntry(String key, YamlTree value) throws SweepFormatException {
    switch (key) {
      case "name" -> name = value.text(key);
      case "data" -> data = value.text(key);
      case "method" -> method = method(value);
      case "trials" -> trials = positive(key, value);
      case "seed" -> drawSeed = (long) number(key, value);
      case "spectraEvery" -> spectraEvery = positive(key, value);
      case "compressibility" -> compressibility = yes(key, value);
      case "seeds" -> seeds = seeds(value);
      case "settings" -> readSettings(value);
      case "parameters" -> readParameters(value);
      default ->
          throw value.refused(
              key,
              "one of name, data, method, trials, seed, seeds, spectraEvery, compressibility, settings and"
                  + " parameters");
    }
  }

  private static boolean yes(String key, YamlTree value) throws SweepFormatException {
    return switch (value.text(key)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw value.refused(key, "true or false");
    };
  }

  private static Method method(YamlTree value) throws SweepFormatException {
    return switch (value.text("method")) {
      case "grid" -> Method.GRID;
      case "random" -> Method.RANDOM;
      default -> throw value.refused("method", "grid or random");
    };
  }

  /** A list of seeds, or how many: 3 stands for 1, 2 and 3. */
  private static List<Long> seeds(YamlTree value) throws SweepFormatException {
    if (!value.isList()) {
      return LongStream.rangeClosed(1, positive("seeds", value)).boxed().toList();
    }
    List<Long> seeds = new ArrayList<>();
    for (YamlTree element : value.list("seeds")) {
      try {
        seeds.add(Long.parseLong(element.text("seeds")));
      } catch (NumberFormatException e) {
        throw element.refused("seeds", "whole numbers");
      }
    }
    if (seeds.isEmpty()) {
      throw value.refused("seeds", "at least one");
    }
    return seeds;
  }

  private static int positive(String what, YamlTree value) throws SweepFormatException {
    double number = number(what, value);
    if (number != Math.rint(number) || number < 1 || number > MOST) {
      throw value.refused(what, "a whole number from 1 to " + MOST);
    }
    return (int) number;
  }

  private static double number(String what, YamlTree value) throws SweepFormatException {
    try {
      return Setting.number(value.text(what));
    } catch (IllegalArgumentException e) {
      throw value.refused(what, "a number");
    }
  }

  private void readSettings(YamlTree node) throws SweepFormatException {
    for (Map.Entry<String, YamlTree> entry : node.mapping("settings").entrySet()) {
      YamlTree value = entry.getValue();
      Setting setting = setting(entry.getKey(), value);
      put(setting, new Listed(value.where(), List.of(text(setting, value))));
    }
  }

  private void readParameters(YamlTree node) throws SweepFormatException {
    for (Map.Entry<String, YamlTree> entry : node.mapping("parameters").entrySet()) {
      Setting setting = setting(entry.getKey(), entry.getValue());
      put(setting, choice(setting, entry.getValue()));
    }
  }

  private void put(Setting setting, Choice choice) throws SweepFormatException {
    if (choices.put(setting, choice) != null) {
      throw new SweepFormatException(
          choice.where(), setting.key() + ": expected once, found twice");
    }
  }

  private static Setting setting(String key, YamlTree value) throws SweepFormatException {
    try {
      return Setting.of(key);
    } catch (IllegalArgumentException e) {
      throw new SweepFormatException(value.where(), String.valueOf(e.getMessage()));
    }
  }

  /** {values: […]}, {value: x} or {min: a, max: b, scale: log}. */
  private static Choice choice(Setting setting, YamlTree node) throws SweepFormatException {
    Map<String, YamlTree> entries =
        node.isMapping() ? node.mapping(setting.key()) : Map.of("", node);
    if (entries.keySet().equals(Set.of("value"))) {
      YamlTree value = entries.values().iterator().next();
      return new Listed(node.where(), List.of(text(setting, value)));
    }
    if (entries.keySet().equals(Set.of("values"))) {
      YamlTree list = entries.values().iterator().next();
      List<String> values = new ArrayList<>();
      for (YamlTree value : list.list(setting.key())) {
        values.add(text(setting, value));
      }
      if (values.isEmpty()) {
        throw list.refused(setting.key(), "at least one value");
      }
      return new Listed(node.where(), values);
    }
    if (entries.containsKey("min")
        && entries.containsKey("max")
        && RANGE.containsAll(entries.keySet())) {
      return range(setting, node, entries);
    }
    throw new SweepFormatException(
        node.where(),
        setting.key() + ": expected {values: [...]}, {value: ...} or {min: ..., max: ...}");
  }

  private static Range range(Setting setting, YamlTree node, Map<String, YamlTree> entries)
      throws SweepFormatException {
    double min = 0;
    double max = 0;
    Scale scale = Scale.LINEAR;
    for (Map.Entry<String, YamlTree> entry : entries.entrySet()) {
      YamlTree value = entry.getValue();
      switch (entry.getKey()) {
        case "min" -> min = number(setting.key() + " min", value);
        case "max" -> max = number(setting.key() + " max", value);
        default -> scale = scale(setting, value);
      }
    }
    boolean numbers = setting.kind() == Setting.Kind.WHOLE || setting.kind() == Setting.Kind.NUMBER;
    if (!numbers || !(min <= max) || (scale == Scale.LOG && !(min > 0))) {
      throw new SweepFormatException(
          node.where(),
          "%s: expected numbers with min <= max, above 0 on a log scale, found %s to %s"
              .formatted(setting.key(), min, max));
    }
    return new Range(node.where(), setting, min, max, scale);
  }

  private static Scale scale(Setting setting, YamlTree value) throws SweepFormatException {
    return switch (value.text("scale").toLowerCase(Locale.ROOT)) {
      case "log" -> Scale.LOG;
      case "linear" -> Scale.LINEAR;
      default -> throw value.refused(setting.key() + " scale", "log or linear");
    };
  }

  /** A value as text that the setting takes; lists are joined by commas. */
  private static String text(Setting setting, YamlTree value) throws SweepFormatException {
    String text;
    if (setting.kind() == Setting.Kind.LIST && value.isList()) {
      List<String> parts = new ArrayList<>();
      for (YamlTree element : value.list(setting.key())) {
        parts.add(element.text(setting.key()));
      }
      text = String.join(",", parts);
    } else {
      text = value.text(setting.key());
    }
    try {
      setting.set(new RunSettings(), text);
      return text;
    } catch (IllegalArgumentException e) {
      throw new SweepFormatException(value.where(), setting.key() + ": " + e.getMessage());
    }
  }
}
