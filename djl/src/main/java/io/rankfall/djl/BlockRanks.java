package io.rankfall.djl;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.compress.Decomposition;
import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which layers of a block are factored, and how: what its structure is beyond the code that builds
 * it.
 *
 * @param layers by the names of {@link BlockWeights}
 */
public record BlockRanks(Map<String, Decomposition> layers) {
  private static final JsonMapper JSON = new JsonMapper();

  public BlockRanks {
    layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
  }

  /** One line, for example {@code {"01Conv2d":"spatial 8","05Linear":"channel 12"}}. */
  public String text() {
    Map<String, String> texts = new LinkedHashMap<>();
    layers.forEach((name, how) -> texts.put(name, text(how)));
    try {
      return JSON.writeValueAsString(texts);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Decomposition how) {
    return how instanceof Tucker tucker
        ? "Tucker %d %d".formatted(tucker.inputRank(), tucker.outputRank())
        : "%s %d".formatted(how.kind(), how.rank());
  }

  /**
   * Undoes {@link #text}.
   *
   * @throws IllegalArgumentException if it is no such text
   */
  public static BlockRanks parse(String text) {
    Map<String, Decomposition> layers = new LinkedHashMap<>();
    try {
      Map<String, String> texts =
          JSON.readValue(text, new TypeReference<LinkedHashMap<String, String>>() {});
      texts.forEach((name, how) -> layers.put(name, decomposition(how)));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "ranks: expected an object of names and decompositions, found " + text, e);
    }
    return new BlockRanks(layers);
  }

  private static Decomposition decomposition(String text) {
    String[] words = text.split(" ", -1);
    try {
      return switch (words[0] + words.length) {
        case "channel2" -> new Channel(Integer.parseInt(words[1]));
        case "spatial2" -> new Spatial(Integer.parseInt(words[1]));
        case "Tucker3" -> new Tucker(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
        default -> throw new NumberFormatException();
      };
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "ranks: expected \"channel R\", \"spatial R\" or \"Tucker R R\", found \"%s\""
              .formatted(text),
          e);
    }
  }
}
