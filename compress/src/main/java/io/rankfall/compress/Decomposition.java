package io.rankfall.compress;

/** How a layer becomes a chain of smaller ones. */
public sealed interface Decomposition {

  /** The inner dimension that reaches the last layer of the chain. */
  int rank();

  /** One word for tables. */
  String kind();

  /** The inner dimensions for tables, in the order of the chain. */
  default String ranks() {
    return String.valueOf(rank());
  }

  /**
   * W ≈ L·R with W outputs × inputs. A linear layer becomes two products; a convolution one with
   * the same kernel size, strides, padding and dilations to r channels (R: r × (C_in·k₁·k₂…)), then
   * a 1×1 one with the bias (L: C_out × r). Numbers: r·(m+n).
   */
  record Channel(int rank) implements Decomposition {
    public Channel {
      requireRank(rank);
    }

    @Override
    public String kind() {
      return "channel";
    }
  }

  /**
   * M ≈ L·R with M[(o,j), (c,i)] = K[o,c,i,j]: a k₁×1 convolution to r channels (R: r × (C_in·k₁)),
   * then a 1×k₂ one with the bias (L: (C_out·k₂) × r), each with the strides, padding and dilations
   * of its axis (Jaderberg, Vedaldi and Zisserman, BMVC 2014; Zhang et al., arXiv 1505.06798).
   * Numbers: r·(C_in·k₁ + C_out·k₂).
   */
  record Spatial(int rank) implements Decomposition {
    public Spatial {
      requireRank(rank);
    }

    @Override
    public String kind() {
      return "spatial";
    }
  }

  /**
   * Tucker-2 (Kim et al., arXiv 1511.06530): 1×1 to {@code inputRank} channels, a convolution with
   * the same kernel size, strides, padding and dilations to {@code outputRank}, 1×1 with the bias.
   * Numbers: C_in·r_in + r_in·r_out·k₁·k₂… + C_out·r_out.
   *
   * @see io.rankfall.spectra.Tucker2
   */
  record Tucker(int inputRank, int outputRank) implements Decomposition {
    public Tucker {
      requireRank(inputRank);
      requireRank(outputRank);
    }

    @Override
    public int rank() {
      return outputRank;
    }

    @Override
    public String kind() {
      return "Tucker";
    }

    @Override
    public String ranks() {
      return inputRank + "→" + outputRank;
    }
  }

  private static void requireRank(int rank) {
    if (rank < 1) {
      throw new IllegalArgumentException("rank: expected >= 1, found " + rank);
    }
  }
}
