package io.rankfall.train.generalization;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;

/**
 * The complexities that {@link GeneralizationBounds} states; 2ℜ where it is a bound. Products of
 * many norms may be infinite, which is then what they are.
 */
final class Complexities {
  private final TrainingMargins margins;
  private final List<LayerNorms> layers;
  private final int n;

  Complexities(TrainingMargins margins, List<LayerNorms> layers) {
    this.margins = margins;
    this.layers = layers;
    this.n = margins.examples();
  }

  /**
   * Theorem 3.3 bounds the covering numbers of the class by ln N(ε) ≤ (2‖X‖/(γε))²·ln(2W²)·Πσ₁²·
   * (Σ(b/σ₁)^⅔)³ (the ramp loss of a margin is 2/γ-Lipschitz); Dudley's integral from 1/n to √n
   * then gives ℜ ≤ 4/n^1.5 + (12/n)·√(ε² ln N(ε))·1.5·ln n, which is Lemma A.8. The reference
   * matrices M_i are 0.
   */
  double spectral() {
    double sum = 0;
    for (LayerNorms layer : layers) {
      sum += layer.spectral() == 0 ? 0 : Math.pow(layer.rows() / layer.spectral(), 2.0 / 3);
    }
    double width =
        Math.max(
            layers.get(0).inputs(),
            layers.stream().mapToInt(LayerNorms::outputs).max().orElseThrow());
    double covering =
        margins.appendedNorm()
            / margins.margin()
            * Math.sqrt(Math.log(2 * width * width))
            * product(LayerNorms::spectral)
            * Math.pow(sum, 1.5);
    return 8 / Math.pow(n, 1.5) + 72 * Math.log(n) * covering / n;
  }

  /**
   * Theorem 1 is of one output; the margin's ramp loss is (√2/γ)-Lipschitz in the logits, so
   * Maurer's contraction gives ℜ ≤ √2·(√2/γ)·Σ_k ℜ(class k).
   */
  double frobenius() {
    double depth = Math.sqrt(2 * Math.log(2) * layers.size()) + 1;
    return 2 * 2 / margins.margin() * last().rows() * hiddenFrobenius() * depth * perExample();
  }

  /**
   * As {@link #frobenius} with Theorem 2, of matrices whose rows sum to at most M_i in absolute
   * value. Rescaling hidden units, which ReLU allows, makes every M_i of a hidden layer 1 and that
   * of class k its path norm.
   *
   * @param pathNorms Σ_k P_k
   */
  double path(double pathNorms) {
    double depth = Math.sqrt(layers.size() + 1 + Math.log(layers.get(0).inputs()));
    return 2 * 2 / margins.margin() * pathNorms * 2 * depth * margins.appendedFeatureNorm() / n;
  }

  /**
   * Each layer that is peeled off doubles the complexity and multiplies it with its norm. The
   * theorem's constant and the factor for several classes are left out: its exact statement was not
   * at hand.
   */
  double exponential() {
    return Math.pow(2, layers.size() - 1)
        * last().frobenius()
        * hiddenFrobenius()
        * perExample()
        / margins.margin();
  }

  /**
   * Maurer's chain rule for Gaussian complexities, G(F∘H) ≤ C₁·Lip(F)·G(H) + C₂·D(H)·Q(F) + min_h
   * G(F(h)), applied layer by layer as the paper does. Of matrices of spectral norm up to σ₁ and
   * rank up to r with h outputs Q ≤ σ₁·√(r·h), since ⟨Γ, AU⟩ ≤ σ₁·√r·‖ΓUᵀ‖_F, whose mean is at most
   * σ₁·√(r·h)·‖U‖_F for Gaussian Γ; and D ≤ 2·‖X‖·Π_{j&lt;i} σ₁(A_j). So ranks and widths add up
   * over layers where other bounds multiply. C₁, C₂ and the factor for several classes are set to
   * 1: the paper's exact statement was not at hand.
   *
   * @param rank of each layer
   */
  double chained(ToIntFunction<LayerNorms> rank) {
    double sum =
        layers.stream()
            .mapToDouble(a -> Math.sqrt((double) rank.applyAsInt(a) * a.outputs()))
            .sum();
    return perExample() / margins.margin() * product(LayerNorms::spectral) * sum;
  }

  private double perExample() {
    return margins.appendedNorm() / n;
  }

  private LayerNorms last() {
    return layers.get(layers.size() - 1);
  }

  private double hiddenFrobenius() {
    return layers.subList(0, layers.size() - 1).stream()
        .mapToDouble(LayerNorms::frobenius)
        .reduce(1, (a, b) -> a * b);
  }

  private double product(ToDoubleFunction<LayerNorms> norm) {
    return layers.stream().mapToDouble(norm).reduce(1, (a, b) -> a * b);
  }
}
