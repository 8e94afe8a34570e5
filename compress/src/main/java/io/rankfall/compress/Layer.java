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

  /** The nodes that multiply by W or convolve with it, one or more. */
  List<LinearLayer.Use> uses();

  /** Their index in the graph. */
  default List<Integer> nodes() {
    return uses().stream().map(LinearLayer.Use::node).toList();
  }

  default int rows() {
    return weight().matrix().rows();
  }

  default int cols() {
    return weight().matrix().cols();
  }
}
