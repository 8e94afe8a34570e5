package io.rankfall.train;

import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.NamedGraph;

/**
 * A network of one of the known families.
 *
 * @param name as {@link Architecture#named} reads it, with the options that are not the defaults
 * @param inputShape of the examples
 * @param outputs classes told apart
 */
public record NamedArchitecture(String name, InputShape inputShape, int outputs)
    implements Architecture {

  public NamedArchitecture {
    if (outputs < 2) {
      throw new IllegalArgumentException(
          "architecture %s: expected classes >= 2, found %d".formatted(name, outputs));
    }
    name = NamedGraph.parse(name).toString();
    NamedGraph.parse(name).graph(inputShape.dimensions(), outputs);
  }

  @Override
  public LayerGraph graph() {
    return NamedGraph.parse(name).graph(inputShape.dimensions(), outputs);
  }

  @Override
  public String label() {
    return "%s %s-%d".formatted(name, inputShape, outputs);
  }

  @Override
  public String shortLabel() {
    return name;
  }
}
