package io.rankfall.cli;

import io.rankfall.study.store.StoredRun;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A condition on runs such as {@code batchSize=4,8} or {@code testAccuracy>=0.9}. */
final class RunFilter implements Predicate<StoredRun> {
  private static final Pattern CONDITION = Pattern.compile("(\\w+)\\s*(<=|>=|!=|=|<|>)\\s*(.+)");

  private static final Map<String, Function<StoredRun, Object>> FIELDS = fields();

  private final Function<StoredRun, Object> field;
  private final String operator;
  private final List<String> values;

  /**
   * @throws TypeConversionException that says what was expected and found
   */
  RunFilter(String text) {
    Matcher matcher = CONDITION.matcher(text.strip());
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "expected NAME=VALUE or <, <=, >, >=, !=, found '%s'".formatted(text));
    }
    String name = matcher.group(1).equals("lr") ? "learningRate" : matcher.group(1);
    Function<StoredRun, Object> found = FIELDS.get(name);
    if (found == null) {
      throw new TypeConversionException(
          "expected one of %s, found '%s'".formatted(String.join(", ", FIELDS.keySet()), name));
    }
    this.field = found;
    this.operator = matcher.group(2);
    this.values = Arrays.stream(matcher.group(3).split(",", -1)).map(String::strip).toList();
    if (!operator.equals("=") && !operator.equals("!=")) {
      values.forEach(value -> number(value, text));
    }
  }

  private static Map<String, Function<StoredRun, Object>> fields() {
    Map<String, Function<StoredRun, Object>> fields = new LinkedHashMap<>();
    fields.put("run", StoredRun::id);
    fields.put("batchSize", run -> run.spec().batchSize());
    fields.put("learningRate", run -> run.spec().optimizer().learningRate());
    fields.put("weightDecay", run -> run.spec().optimizer().weightDecay());
    fields.put("momentum", run -> run.spec().optimizer().momentum());
    fields.put("optimizer", run -> run.spec().optimizer().method().name());
    fields.put("decayOn", run -> run.spec().optimizer().decayOn().name());
    fields.put("clipNorm", run -> run.spec().optimizer().clipNorm());
    fields.put("loss", run -> run.spec().loss().name());
    fields.put("augmentation", run -> run.spec().augmentation().toString());
    fields.put("seed", run -> run.spec().seed());
    fields.put("epochs", run -> run.spec().epochs());
    fields.put("net", run -> run.spec().architecture().shortLabel());
    fields.put("initialization", run -> run.spec().initialization().name());
    fields.put("learner", run -> run.spec().learner().name());
    fields.put("state", run -> run.state().name());
    fields.put(
        "testAccuracy", run -> run.last() == null ? Double.NaN : run.last().test().accuracy());
    return fields;
  }

  private static double number(String value, String text) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "expected a number in '%s', found '%s'".formatted(text, value));
    }
  }

  @Override
  public boolean test(StoredRun run) {
    Object found = field.apply(run);
    return switch (operator) {
      case "=" -> values.stream().anyMatch(value -> equal(found, value));
      case "!=" -> values.stream().noneMatch(value -> equal(found, value));
      default -> values.stream().allMatch(value -> compare(found, Double.parseDouble(value)));
    };
  }

  private static boolean equal(Object found, String value) {
    if (found instanceof Number number) {
      try {
        return number.doubleValue() == Double.parseDouble(value);
      } catch (NumberFormatException e) {
        return false;
      }
    }
    return found.toString().equalsIgnoreCase(value);
  }

  private boolean compare(Object found, double value) {
    if (!(found instanceof Number number)) {
      return false;
    }
    double left = number.doubleValue();
    return switch (operator) {
      case "<" -> left < value;
      case "<=" -> left <= value;
      case ">" -> left > value;
      default -> left >= value;
    };
  }
}
