package io.rankfall.train.graph;

import io.rankfall.train.graph.Layer.Convolution;
import io.rankfall.train.graph.Layer.Linear;
import io.rankfall.train.graph.Layer.Window;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What becomes of a layer with weights in a smaller network: fewer units on either side, and a
 * chain of smaller layers in its place.
 *
 * @param layer its name
 * @param outputs that stay
 * @param inputs that stay; of a convolution, channels
 * @param ranks the widths between the links of the chain; one of WHOLE's none, of TUCKER two
 */
public record Cut(String layer, Kind kind, int outputs, int inputs, List<Integer> ranks) {

  /** How a layer becomes a chain, as compression names it. */
  public enum Kind {
    /** One layer, as before. */
    WHOLE(0),
    /** {@code right} to r units or channels, {@code left} to the outputs. */
    CHANNEL(1),
    /** {@code vertical}: k₁×1 to r channels; {@code horizontal}: 1×k₂. */
    SPATIAL(1),
    /** {@code in}: 1×1; {@code core}: k₁×k₂; {@code out}: 1×1. */
    TUCKER(2);

    private final int ranks;

    Kind(int ranks) {
      this.ranks = ranks;
    }
  }

  public Cut {
    ranks = List.copyOf(ranks);
    if (ranks.size() != kind.ranks || outputs < 1 || inputs < 1) {
      throw new IllegalArgumentException(
          "layer %s: expected %d ranks of %s and sides >= 1, found %s, %dx%d"
              .formatted(layer, kind.ranks, kind, ranks, outputs, inputs));
    }
  }

  /** One layer of the chain. */
  record Link(String name, Layer layer) {}

  /**
   * The chain, first link first.
   *
   * @throws IllegalArgumentException if the layer has no such chain
   */
  List<Link> chain(Layer whole) {
    List<Layer> layers = layers(whole);
    List<String> names = links();
    return IntStream.range(0, layers.size())
        .mapToObj(i -> new Link(names.get(i), layers.get(i)))
        .toList();
  }

  /** What the layers of the chain are called, first link first. */
  public List<String> links() {
    return switch (kind) {
      case WHOLE -> List.of(layer);
      case CHANNEL -> List.of(layer + ".right", layer + ".left");
      case SPATIAL -> List.of(layer + ".vertical", layer + ".horizontal");
      case TUCKER -> List.of(layer + ".in", layer + ".core", layer + ".out");
    };
  }

  /** The layers of the chain, first link first. */
  private List<Layer> layers(Layer whole) {
    if (whole instanceof Linear linear) {
      return switch (kind) {
        case WHOLE -> List.of(new Linear(inputs, outputs, linear.bias()));
        case CHANNEL ->
            List.of(
                new Linear(inputs, ranks.get(0), false),
                new Linear(ranks.get(0), outputs, linear.bias()));
        default -> throw refused();
      };
    } else if (whole instanceof Convolution convolution) {
      return layers(convolution);
    }
    throw refused();
  }

  private List<Layer> layers(Convolution whole) {
    Window v = whole.vertical();
    Window h = whole.horizontal();
    Window point = Window.POINT;
    boolean bias = whole.bias();
    return switch (kind) {
      case WHOLE -> List.of(new Convolution(inputs, outputs, v, h, bias));
      case CHANNEL ->
          List.of(
              new Convolution(inputs, ranks.get(0), v, h, false),
              new Convolution(ranks.get(0), outputs, point, point, bias));
      case SPATIAL ->
          List.of(
              new Convolution(inputs, ranks.get(0), v, point, false),
              new Convolution(ranks.get(0), outputs, point, h, bias));
      case TUCKER ->
          List.of(
              new Convolution(inputs, ranks.get(0), point, point, false),
              new Convolution(ranks.get(0), ranks.get(1), v, h, false),
              new Convolution(ranks.get(1), outputs, point, point, bias));
    };
  }

  private IllegalArgumentException refused() {
    return new IllegalArgumentException("layer %s: expected no %s chain".formatted(layer, kind));
  }
}
