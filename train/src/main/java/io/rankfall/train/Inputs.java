package io.rankfall.train;

/** The numbers of examples, one after another, however they are kept. Immutable. */
interface Inputs {

  /** Copies those of one example to {@code target} from {@code offset} on. */
  void copy(int example, float[] target, int offset);

  /** Copies those of one example to a row of {@code target}. */
  void copy(int example, NativeMatrix target, int row);

  /** What a black pixel of a channel is; 0 where nobody knows. */
  float black(int channel);

  /** Those of the first {@code count} examples, without hold on the others. */
  Inputs first(int count);
}
