package io.rankfall.compress;

import io.rankfall.spectra.WeightMatrix;
import java.util.List;

/** A layer of an ONNX graph whose constant weights a chain of smaller layers can replace. */
public sealed interface Layer permits LinearLayer, Convolution {

  /** Unique in the model: the name of the first node that uses the weights, else their own. */
  String name();

  /** W, outputs × inputs, whatever the order in the file. */
  WeightMatrix weight();

  /** The value in the graph that holds W. */
  String tensor();

  /** The nodes that use W, one or more, by their index in the graph. */
  List<Integer> nodes();

  default int rows() {
    return weight().matrix().rows();
  }

  default int cols() {
    return weight().matrix().cols();
  }
}
