package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.ProductSpectrum;
import io.rankfall.spectra.Spectrum;
import io.rankfall.spectra.WeightMatrix;
import io.rankfall.train.graph.AttentionHeads;
import io.rankfall.train.graph.LayerGraph;
import java.util.ArrayList;
import java.util.List;

/** Measures the singular values of every weight matrix of a network in training. */
final class RankProbe {
  private RankProbe() {}

  /**
   * The whole spectra, in the order of {@link LayerGraph#watched}, rounded to single precision:
   * what is computed is not more exact, and stores and checkpoints keep these bits in half of the
   * space.
   *
   * @throws NonFiniteException naming the layer, if a weight is NaN or infinite, or a singular
   *     value beyond single precision
   */
  static List<LayerSpectrum> measure(Network network) {
    LayerGraph graph = network.architecture().graph();
    List<LayerSpectrum> spectra = new ArrayList<>();
    for (LayerGraph.Node node : graph.weighted()) {
      WeightMatrix weights = new WeightMatrix(node.name(), network.weight(node));
      spectra.add(rounded(node.name(), weights.spectrum()));
      for (AttentionHeads attention : graph.attentionBefore(node)) {
        spectra.addAll(products(network, attention));
      }
    }
    return spectra;
  }

  private static List<LayerSpectrum> products(Network network, AttentionHeads attention) {
    Matrix query = network.weight(attention.query());
    Matrix key = network.weight(attention.key());
    Matrix value = network.weight(attention.value());
    Matrix output = network.weight(attention.output()).transposed();
    List<LayerSpectrum> spectra = new ArrayList<>();
    for (int head = 0; head < attention.heads(); head++) {
      int from = head * attention.width();
      spectra.add(
          rounded(
              attention.queryKey(head),
              ProductSpectrum.ofTransposedTimes(
                  key.rows(from, attention.width()), query.rows(from, attention.width()))));
      spectra.add(
          rounded(
              attention.outputValue(head),
              ProductSpectrum.ofTransposedTimes(
                  output.rows(from, attention.width()), value.rows(from, attention.width()))));
    }
    return spectra;
  }

  private static LayerSpectrum rounded(String name, Spectrum exact) {
    double[] sigma = exact.toArray();
    for (int i = 0; i < sigma.length; i++) {
      sigma[i] = (float) sigma[i];
    }
    if (Double.isInfinite(sigma[0])) {
      throw new NonFiniteException(
          "weights %s: expected singular values below 3.4e38, found %s"
              .formatted(name, exact.spectralNorm()));
    }
    return new LayerSpectrum(name, Spectrum.of(exact.rows(), exact.cols(), sigma));
  }
}
