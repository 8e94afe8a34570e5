package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import org.jspecify.annotations.Nullable;

/**
 * The rank of one mini-batch gradient G (d_out × d_in) of a layer, measured against its bound
 * min(d_out, d_in, B·R).
 *
 * @param step of the training, counted from 1
 * @param bound min(d_out, d_in, b·R) with b the examples of this batch, the last of an epoch being
 *     smaller
 * @param numerical how many singular values exceed the rounding: max(d_out, d_in)·2⁻⁵²·‖Δ‖·‖X‖
 *     where G is known by its factors, max(d_out, d_in)·2⁻²³·σ₁ where it is a matrix in single
 *     precision, whose own rounding gives it full rank below that
 * @param exact the rank of the factors' product without tolerance ({@link ExactRank}); null where G
 *     is known as a matrix only, or has too many factors
 */
public record GradientRank(
    String layer, long step, int bound, int numerical, @Nullable Integer exact) {

  /** Elimination takes 20 ms with so many rows of a thousand numbers. */
  static final int MOST_EXACT = 64;

  /** And about 1 ms with so many. */
  static final int FEW_EXACT = 16;

  public GradientRank {
    requireNonNull(layer, "layer");
    if (step < 1 || bound < 1 || numerical < 0) {
      throw new IllegalArgumentException(
          "gradient rank of %s: expected step and bound >= 1, found step %d, bound %d, rank %d"
              .formatted(layer, step, bound, numerical));
    }
  }

  /** Whether the bound is kept. */
  @JsonProperty
  public boolean holds() {
    return numerical <= bound && (exact == null || exact <= bound);
  }

  /**
   * Of G = ΔᵀX.
   *
   * @param delta b·R × d_out: the loss's gradients by the outputs W·x
   * @param inputs b·R × d_in: the x
   * @param mostExact above so many factors the exact rank is left out
   * @throws NonFiniteException if a number is NaN or infinite
   */
  public static GradientRank ofFactors(
      String layer, long step, Matrix delta, Matrix inputs, int mostExact) {
    if (delta.rows() != inputs.rows()) {
      throw new IllegalArgumentException(
          "gradient of %s: expected as many rows of inputs as of deltas, %d, found %d"
              .formatted(layer, delta.rows(), inputs.rows()));
    }
    double size = delta.frobeniusNorm() * inputs.frobeniusNorm();
    if (!Double.isFinite(size)) {
      throw new NonFiniteException(
          "gradient of %s at step %d: expected finite numbers, found NaN or Inf"
              .formatted(layer, step));
    }
    int count = delta.rows();
    double rounding = Math.max(delta.cols(), inputs.cols()) * 0x1p-52 * size;
    float[] left = delta.toArray();
    float[] right = inputs.toArray();
    double[] sigma = FactorSpectrum.ofProduct(count, left, right);
    int rank = 0;
    while (rank < sigma.length && sigma[rank] > rounding) {
      rank++;
    }
    Integer exact = count > mostExact ? null : ExactRank.ofProduct(count, left, right);
    return new GradientRank(layer, step, sigma.length, rank, exact);
  }

  /** As above, with the exact rank of up to {@value #MOST_EXACT} factors. */
  public static GradientRank ofFactors(String layer, long step, Matrix delta, Matrix inputs) {
    return ofFactors(layer, step, delta, inputs, MOST_EXACT);
  }

  /**
   * Of a gradient in single precision.
   *
   * @param uses b·R: how often the batch used the weights
   */
  public static GradientRank ofMatrix(String layer, long step, Matrix gradient, long uses) {
    int bound = (int) Math.min(gradient.fullRank(), uses);
    int rank = Spectrum.of(gradient).rank(new RankRule.Numerical());
    return new GradientRank(layer, step, bound, rank, null);
  }
}
