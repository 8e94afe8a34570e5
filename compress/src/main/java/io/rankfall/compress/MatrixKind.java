package io.rankfall.compress;

/** What a model does with a weight, and so how its tensor is a matrix. */
public enum MatrixKind {
  /** y = Wx. Of a stack of them (experts, batched products) each is a matrix. */
  LINEAR("linear"),
  /** C_out × (C_in·k₁·k₂…); of a grouped convolution one matrix a group. */
  CONVOLUTION("conv"),
  /** A convolution whose groups have one channel each: C_out × (k₁·k₂…), all groups together. */
  DEPTHWISE("depthwise"),
  /** C_out × (C_in·k₁·k₂…), one matrix a group. */
  TRANSPOSED_CONVOLUTION("transposed conv"),
  /**
   * The gates of an LSTM, GRU or RNN stacked, as PyTorch stores them: gates·hidden × inputs, one
   * matrix a direction. The order of the gates does not change a spectrum, so files agree.
   */
  RECURRENT("recurrent"),
  /** The query, key or value part of a fused attention operator. */
  ATTENTION("attention"),
  /** A table of vectors as stored, one row an entry. */
  EMBEDDING("embedding");

  private final String label;

  MatrixKind(String label) {
    this.label = label;
  }

  /** One or two words for tables. */
  public String label() {
    return label;
  }

  /** Whether two layers with a narrow one between can replace it. */
  public boolean isFactorable() {
    return this != DEPTHWISE;
  }
}
