package io.rankfall.train;

/** What is trained. */
public sealed interface Architecture permits Mlp {

  /** Weights, biases and normalisation parameters that are trained. */
  long parameters();

  /** Inputs an example. */
  int inputs();

  /** Classes told apart. */
  int outputs();
}
