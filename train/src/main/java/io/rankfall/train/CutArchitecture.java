package io.rankfall.train;

import io.rankfall.train.graph.Cut;
import io.rankfall.train.graph.LayerGraph;
import java.util.List;

/**
 * A network made smaller: some layers have fewer units, or are chains of low rank.
 *
 * @param whole what it was made of
 */
public record CutArchitecture(Architecture whole, List<Cut> cuts) implements Architecture {
  public CutArchitecture {
    cuts = List.copyOf(cuts);
    whole.graph().cut(cuts);
  }

  @Override
  public LayerGraph graph() {
    return whole.graph().cut(cuts);
  }

  @Override
  public InputShape inputShape() {
    return whole.inputShape();
  }

  @Override
  public int outputs() {
    return whole.outputs();
  }

  /**
   * The whole network that computes what a small one does: chains multiplied out, and zeros for
   * what was cut away.
   *
   * @param small of this architecture
   */
  public Network expanded(Network small) {
    return new Network(whole, new Expansion(this, small).tensors());
  }

  @Override
  public String label() {
    return "%s cut to %,d parameters".formatted(whole.label(), parameters());
  }

  @Override
  public String shortLabel() {
    return "%s cut to %,d".formatted(whole.shortLabel(), parameters());
  }
}
