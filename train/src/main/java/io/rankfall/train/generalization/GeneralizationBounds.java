package io.rankfall.train.generalization;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Network;
import java.util.ArrayList;
import java.util.List;

/**
 * Bounds on the test error of a trained ReLU network, beside its measured gap.
 *
 * <p>Notation: n training examples x, L layers A_1 … A_L without biases (see {@link LayerNorms}),
 * h_i outputs of layer i, ‖X‖ = √Σ‖x‖² with the constant 1 in every x, γ the margin, R̂_γ the share
 * of training examples with a margin up to γ, ln the natural logarithm. A {@link
 * Promise.Kind#BOUND} says: with probability 1 − δ over the training examples
 *
 * <pre>
 *   test error ≤ R̂_γ + 2·ℜ + 3·√(ln(2/δ)/(2n))
 * </pre>
 *
 * with ℜ the empirical Rademacher complexity of the ramp loss at γ over all networks whose norms
 * are not above this one's (Mohri, Rostamizadeh and Talwalkar, Foundations of Machine Learning,
 * 2018, Theorem 3.3). It would hold as stated had norms and γ been fixed before the training;
 * making it hold for all of them at once adds logarithms, which are left out as is customary.
 *
 * @param delta δ
 * @param layers in the order of the network
 * @param promises in the order of the text
 */
public record GeneralizationBounds(
    TrainingMargins margins,
    double delta,
    List<LayerNorms> layers,
    List<Promise> promises,
    List<RankTwoTerms> rankTwo) {
  public static final double DELTA = 0.01;

  public GeneralizationBounds {
    layers = List.copyOf(layers);
    promises = List.copyOf(promises);
    rankTwo = List.copyOf(rankTwo);
  }

  /**
   * The terms of Chen, Yi and Yang, Towards better generalization: Weight decay induces low-rank
   * bias for neural networks (arXiv 2410.02176): with weight decay the m×n matrix V of a two-layer
   * ReLU network ends near rank two, and the generalization error falls from O(√(m·n·ln m·ln N/N))
   * to O(√((m+n)·ln m·ln N/N)), N being the training examples. Both are computed with the factor 1:
   * the constants inside O were not at hand. They are stated of networks of two layers; of a deeper
   * one they only count what is left to learn in a layer.
   *
   * @param layer name of a hidden layer, m outputs × n inputs without the constant
   * @param rank of the layer, by {@link LayerNorms#rank}: the first term is about rank two
   */
  public record RankTwoTerms(
      String layer, int outputs, int inputs, int rank, double rankTwo, double fullRank) {

    static RankTwoTerms of(LayerNorms norms, int examples) {
      int m = norms.outputs() - 1;
      int n = norms.inputs() - 1;
      double logs = Math.log(m) * Math.log(examples) / examples;
      return new RankTwoTerms(
          norms.name(),
          m,
          n,
          norms.rank(),
          Math.sqrt(((double) m + n) * logs),
          Math.sqrt((double) m * n * logs));
    }
  }

  /**
   * Computes all of them.
   *
   * @param network trained; read only
   * @param margins measured on the network's own training and test examples
   */
  public static GeneralizationBounds of(Network network, TrainingMargins margins) {
    if (network.architecture().inputs() != margins.features()) {
      throw new IllegalArgumentException(
          "network %s: expected %d inputs, found %d"
              .formatted(
                  network.architecture().label(),
                  margins.features(),
                  network.architecture().inputs()));
    }
    List<Matrix> matrices = new ArrayList<>();
    List<LayerNorms> layers = new ArrayList<>();
    for (Network.Layer layer : network.layers()) {
      Matrix a = BiasFreeLayer.of(layer, layers.size() == network.layers().size() - 1);
      matrices.add(a);
      layers.add(LayerNorms.of(layer.name(), a));
    }
    Complexities complexities = new Complexities(margins, layers);
    return new GeneralizationBounds(
        margins,
        DELTA,
        layers,
        List.of(
            bound(
                "spectral",
                complexities.spectral(),
                margins,
                "2ℜ = 8/n^1.5 + 72·ln n·√ln(2W²)·‖X‖/(γn)·Π σ₁(A_i)·(Σ (‖A_iᵀ‖₂,₁/σ₁(A_i))^⅔)^1.5, W the largest width",
                "Bartlett, Foster, Telgarsky 2017 (arXiv 1706.08498), Theorems 1.1 and 3.3, Lemma A.8"),
            bound(
                "frobenius",
                complexities.frobenius(),
                margins,
                "ℜ = (2/γ)·Σ_k‖row k of A_L‖·Π_{i<L} ‖A_i‖F·(√(2·ln 2·L) + 1)·‖X‖/n",
                "Golowich, Rakhlin, Shamir 2018 (arXiv 1712.06541), Theorem 1; classes by Maurer 2016 (arXiv 1605.00251), Corollary 4"),
            bound(
                "path",
                complexities.path(PathNorm.ofClasses(matrices)),
                margins,
                "ℜ = (2/γ)·Σ_k P_k·2·√(L + 1 + ln D)·max_j √Σ_i x_ij²/n, P_k = Σ over paths to class k of Π|a|, D inputs",
                "Golowich, Rakhlin, Shamir 2018, Theorem 2, rescaled as Neyshabur, Tomioka, Srebro 2015 (arXiv 1503.00036); classes by Maurer 2016"),
            term(
                "frobenius-2015",
                complexities.exponential(),
                "2^(L−1)·Π ‖A_i‖F·‖X‖/(γn)",
                "Neyshabur, Tomioka, Srebro 2015, Theorem 1 with p = q = 2"),
            term(
                "low-rank",
                complexities.chained(LayerNorms::rank),
                "‖X‖/(γn)·Π σ₁(A_i)·Σ_i √(r_i·h_i), r_i = σ above 1e-2·‖A_i‖F",
                "Pinto, Rangamani, Poggio 2024 (arXiv 2411.13733)"),
            term(
                "low-rank-full",
                complexities.chained(LayerNorms::fullRank),
                "the same with r_i the smaller side of A_i",
                "Pinto, Rangamani, Poggio 2024 (arXiv 2411.13733)")),
        layers.subList(0, layers.size() - 1).stream()
            .map(layer -> RankTwoTerms.of(layer, margins.examples()))
            .toList());
  }

  private static Promise bound(
      String id, double twiceRademacher, TrainingMargins margins, String formula, String source) {
    return new Promise(
        id, Promise.Kind.BOUND, twiceRademacher + confidence(margins), formula, source);
  }

  private static Promise term(String id, double value, String formula, String source) {
    return new Promise(id, Promise.Kind.DOMINATING_TERM, value, formula, source);
  }

  private static double confidence(TrainingMargins margins) {
    return 3 * Math.sqrt(Math.log(2 / DELTA) / (2.0 * margins.examples()));
  }

  /** What a bound says of the test error: at most this, with probability 1 − δ. */
  public double testError(Promise promise) {
    return margins.marginError() + promise.value();
  }

  /**
   * Whether a promise says nothing: no error exceeds 1 anyway. Of a dominating term it is said of
   * the term alone.
   */
  public boolean isVacuous(Promise promise) {
    return (promise.kind() == Promise.Kind.BOUND ? testError(promise) : promise.value()) >= 1;
  }
}
