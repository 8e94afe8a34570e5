package io.rankfall.train.tracking;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.train.RunSpec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What trackers are told of a run before it begins.
 *
 * @param name in lists of runs
 * @param settings what fixes the run, in the order in which they are shown
 */
public record TrackedRun(String name, Map<String, String> settings) {
  private static final JsonMapper JSON = new JsonMapper();

  public TrackedRun {
    if (name.isBlank()) {
      throw new IllegalArgumentException("name of a run: expected one, found '" + name + "'");
    }
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /**
   * A run of {@link io.rankfall.train.Trainer}. Its settings are those of {@link RunSpec#json},
   * nested names joined by dots ({@code optimizer.learningRate}), and {@code run}, its {@link
   * RunSpec#id}.
   */
  public static TrackedRun of(String name, RunSpec spec) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("run", spec.id());
    try {
      flatten("", JSON.readTree(spec.json()), settings);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a spec's JSON can be read", e);
    }
    return new TrackedRun(name, settings);
  }

  private static void flatten(String prefix, JsonNode json, Map<String, String> to) {
    json.properties()
        .forEach(
            property -> {
              String name = prefix + property.getKey();
              JsonNode value = property.getValue();
              if (value.isObject()) {
                flatten(name + ".", value, to);
              } else {
                to.put(name, value.isValueNode() ? value.asText() : value.toString());
              }
            });
  }
}
