package io.rankfall.train.graph;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;

/** A {@link Family} with its options, from which the graph for any input follows. */
public final class NamedGraph {
  private final Family family;
  private final Options options;

  private NamedGraph(Family family, Options options) {
    this.family = family;
    this.options = options;
  }

  /**
   * Reads {@code resnet18} or {@code vit:depth=6,width=96}.
   *
   * @throws IllegalArgumentException in one line, naming what is known, if it is none
   */
  public static NamedGraph parse(String text) {
    int colon = text.indexOf(':');
    String name = (colon < 0 ? text : text.substring(0, colon)).toLowerCase(Locale.ROOT);
    Family family =
        List.of(Family.values()).stream()
            .filter(f -> f.id().equals(name))
            .findFirst()
            .orElseThrow(() -> unknown(name));
    return new NamedGraph(
        family, Options.parse(family, colon < 0 ? "" : text.substring(colon + 1)));
  }

  private static IllegalArgumentException unknown(String name) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    String nearest =
        Family.ids().stream()
            .min(Comparator.comparingInt(id -> distance.apply(id, name)))
            .orElseThrow();
    return new IllegalArgumentException(
        "architecture: expected one of %s, found '%s'; the nearest is %s"
            .formatted(String.join(", ", Family.ids()), name, nearest));
  }

  /**
   * A perceptron of linear layers with biases and ReLU, optionally with batch normalisation.
   *
   * @param widths inputs, hidden layers and outputs
   */
  public static LayerGraph perceptron(List<Integer> widths, boolean normalized) {
    return Perceptron.plain(widths, normalized);
  }

  /**
   * As {@link #perceptron}, with a local first layer {@code fc1}.
   *
   * @param widths inputs, hidden layers and outputs
   * @throws IllegalArgumentException naming the layer, if the first one has other inputs or outputs
   */
  public static LayerGraph localPerceptron(
      Layer.Local first, List<Integer> widths, boolean normalized) {
    return Perceptron.local(first, widths, normalized);
  }

  /**
   * The widths of the hidden layers of what {@link #perceptron} makes too; null if it is anything
   * else.
   */
  public @Nullable List<Integer> hiddenOfPlainPerceptron() {
    return switch (family) {
      case LENET300 -> List.of(300, 100);
      case MLP -> Perceptron.hiddenIfPlain(options);
      default -> null;
    };
  }

  /** Whether a perceptron has batch normalisation. */
  public boolean normalizesBatches() {
    return family == Family.MLP && options.on("bn");
  }

  /**
   * The graph for inputs of the given shape.
   *
   * @throws IllegalArgumentException naming the layer, if one cannot take what it is given
   */
  public LayerGraph graph(List<Integer> input, int classes) {
    try {
      return family.build(options, input, classes);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("architecture %s: %s".formatted(this, e.getMessage()), e);
    }
  }

  /** The name with the options that differ from the defaults: equal networks, equal names. */
  @Override
  public String toString() {
    return options.toString();
  }
}
