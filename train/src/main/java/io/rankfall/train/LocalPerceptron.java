package io.rankfall.train;

import io.rankfall.train.graph.Layer;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.NamedGraph;
import java.util.ArrayList;
import java.util.List;

/**
 * A perceptron on images whose first hidden layer is locally connected: each of its units sees one
 * square of the image instead of all of it. So it has as many times fewer weights as there are
 * squares.
 *
 * @param whole what it was made of
 * @param image the shape of an example, whose numbers come in a row
 * @param side of a square; squares lie beside each other and fill the image
 * @param units of the first layer that see the same square
 */
public record LocalPerceptron(Mlp whole, InputShape image, int side, int units)
    implements Architecture {
  public LocalPerceptron {
    if (image.size() != whole.inputs()) {
      throw new IllegalArgumentException(
          "local layer: expected an image of %d numbers, found %s"
              .formatted(whole.inputs(), image));
    }
    graph(whole, first(image, side, units));
  }

  private static Layer.Local first(InputShape image, int side, int units) {
    return new Layer.Local(image.channels(), image.height(), image.width(), side, units);
  }

  private static LayerGraph graph(Mlp whole, Layer.Local first) {
    List<Integer> widths = new ArrayList<>(whole.widths());
    widths.set(1, first.squares() * first.units());
    return NamedGraph.localPerceptron(
        first, widths, whole.normalization() == Mlp.Normalization.BATCH);
  }

  /**
   * The network that begins as near to a whole one as this shape allows. Each square takes the
   * units whose outputs depend most on it, by the share of their variance that its inputs alone
   * would give them; no unit is taken twice. A unit keeps its weights in the square, scaled so that
   * its output varies as before, at most by √squares, and a bias that keeps its mean.
   *
   * @param dense of {@link #whole}
   * @param examples on which outputs are compared
   */
  public Network near(Network dense, Examples examples) {
    return LocalStart.of(dense, this, examples);
  }

  /** The first layer, {@code fc1}. */
  public Layer.Local first() {
    return first(image, side, units);
  }

  /** What a unit of the first layer sees, in one line. */
  public String description() {
    Layer.Local local = first();
    return "each unit sees one of %d squares of %dx%d, %d of %d inputs"
        .formatted(local.squares(), side, side, local.inputs(), whole.inputs());
  }

  /** The layers of the whole perceptron, with {@code fc1} on squares. */
  @Override
  public LayerGraph graph() {
    return graph(whole, first());
  }

  @Override
  public InputShape inputShape() {
    return whole.inputShape();
  }

  @Override
  public int outputs() {
    return whole.outputs();
  }

  @Override
  public String label() {
    return "%s with %d units on each %dx%d square".formatted(whole.label(), units, side, side);
  }

  @Override
  public String shortLabel() {
    return "%s on %dx%d squares".formatted(whole.shortLabel(), side, side);
  }
}
