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
  public sealed interface Choice {
    /** One word for tables: what became of it, or how it is factored. */
    String kind();

    /** Why, one line; empty where there was nothing to choose. */
    String reason();
  }

  /**
   * The layer stays as it is.
   *
   * @param reason one line for the user
   */
  public record Dense(String reason) implements Choice {
    @Override
    public String kind() {
      return "dense";
    }
  }

  /**
   * The layer became another one before the others were compressed.
   *
   * @param kind of that one
   * @param reason what it does, one line
   */
  public record Replaced(String kind, String reason) implements Choice {}

  /**
   * The layer becomes a chain of smaller ones.
   *
   * @param reason why this decomposition, one line; empty where there is no other
   */
  public record Factored(Decomposition how, String reason) implements Choice {

    /** The only decomposition of linear layers. */
    public Factored(int rank) {
      this(new Decomposition.Channel(rank), "");
    }

    @Override
    public String kind() {
      return how.kind();
    }

    /** The inner dimension that reaches the last layer of the chain. */
    public int rank() {
      return how.rank();
    }
  }

  /**
   * One layer's part.
   *
   * @param name the layer's name
   * @param rows outputs
   * @param cols inputs; those of a convolution at each position of its kernel
   * @param parameters numbers in the weights that result
   * @param lossShare loss(r)/loss(0) by the objective: 0 where nothing is lost, 1 where all is; in
   *     the narrowed layer, if it is one
   * @param keptRows outputs that stay; fewer than {@code rows} where hidden units go
   * @param keptCols inputs that stay
   */
  public record Layer(
      String name,
      int rows,
      int cols,
      Choice choice,
      long parameters,
      double lossShare,
      int keptRows,
      int keptCols) {

    public Layer {
      if (keptRows < 1 || keptRows > rows || keptCols < 1 || keptCols > cols) {
        throw new IllegalArgumentException(
            "layer %s: expected to keep 1x1 to %dx%d, found %dx%d"
                .formatted(name, rows, cols, keptRows, keptCols));
      }
    }

    /** A layer that keeps all outputs and inputs. */
    public Layer(
        String name, int rows, int cols, Choice choice, long parameters, double lossShare) {
      this(name, rows, cols, choice, parameters, lossShare, rows, cols);
    }

    /** For tables: {@code 512×784}, or {@code 289×784 of 512×784} where units go. */
    public String shape() {
      String whole = rows + "×" + cols;
      return isNarrowed() ? "%d×%d of %s".formatted(keptRows, keptCols, whole) : whole;
    }

    /** Whether it has fewer outputs or inputs than before. */
    public boolean isNarrowed() {
      return keptRows < rows || keptCols < cols;
    }
  }

  /** Whether hidden units go. */
  public boolean isNarrowed() {
    return layers.stream().anyMatch(Layer::isNarrowed);
  }

  /** Parameters kept, as a share of those of the dense model. */
  public double share() {
    return parameters / (double) denseParameters;
  }
}
