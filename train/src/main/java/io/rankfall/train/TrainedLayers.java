package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.List;

/**
 * The weight matrices of a training under way, in the order of the layers. Looking at them does not
 * change how it goes on, to the bit.
 */
public interface TrainedLayers {
  /** The layers' names. */
  List<String> names();

  /** A copy of W, outputs × inputs. */
  Matrix weight(int layer);

  /** ‖W‖_F, summed in double precision, without copying W. */
  double norm(int layer);

  /**
   * How often an example uses the weights, R: 1 for the layers of an MLP, the output positions of a
   * convolution, the tokens of a linear layer on sequences.
   */
  int positions(int layer);

  /** Whether gradients are known by their factors, not as matrices. */
  boolean knowsFactors();

  /** Tells of the gradients of every step from now on, replacing an earlier listener. */
  void listen(GradientListener listener);
}
