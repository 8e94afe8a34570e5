package io.rankfall.compress;

import java.util.List;

/**
 * What becomes of each layer of a model.
 *
 * @param parameters numbers in the compressed model, everything included
 * @param denseParameters numbers in the model as it is
 */
public record RankPlan(List<Layer> layers, long parameters, long denseParameters) {
  public RankPlan {
    layers = List.copyOf(layers);
    if (parameters > denseParameters) {
      throw new IllegalArgumentException(
          "plan: expected at most %d parameters, found %d".formatted(denseParameters, parameters));
    }
  }

  /** What becomes of one layer. */
  public sealed interface Choice {}

  /**
   * The layer stays as it is.
   *
   * @param reason one line for the user
   */
  public record Dense(String reason) implements Choice {}

  /** The layer becomes two of this inner dimension. */
  public record Factored(int rank) implements Choice {
    public Factored {
      if (rank < 1) {
        throw new IllegalArgumentException("rank: expected >= 1, found " + rank);
      }
    }
  }

  /**
   * One layer's part.
   *
   * @param name the layer's name
   * @param rows outputs
   * @param cols inputs
   * @param lossShare loss(r)/loss(0) by the objective: 0 where nothing is lost, 1 where all is
   */
  public record Layer(String name, int rows, int cols, Choice choice, double lossShare) {

    /** Numbers in the weights that result. */
    public long parameters() {
      return choice instanceof Factored f ? f.rank() * ((long) rows + cols) : (long) rows * cols;
    }
  }

  /** Parameters kept, as a share of those of the dense model. */
  public double share() {
    return parameters / (double) denseParameters;
  }
}
