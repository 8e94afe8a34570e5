package io.rankfall.compress;

import io.rankfall.spectra.LowRank;
import java.util.Optional;

/** Why a layer stays as it is, in one line for the user. */
final class DenseReasons {
  private DenseReasons() {}

  /** Under a policy that looks at each layer by itself, or a budget. */
  static String of(Layer layer, RankPolicy policy) {
    int breakEven = LowRank.breakEvenRank(layer.rows(), layer.cols());
    if (breakEven == 0 || policy instanceof RankPolicy.ParameterBudget) {
      return allowed(layer);
    }
    if (policy instanceof RankPolicy.Uniform uniform) {
      return "rank %d makes %dx%d no smaller, only ranks to %d do"
          .formatted(uniform.rank(), layer.rows(), layer.cols(), breakEven);
    }
    String most =
        layer instanceof LinearLayer
            ? "rank %d, the largest that is smaller".formatted(breakEven)
            : "any smaller decomposition has";
    return policy instanceof RankPolicy.Energy energy
        ? "keeping %s of the energy takes more than %s".formatted(energy.share(), most)
        : "a relative error of %s takes more than %s"
            .formatted(((RankPolicy.Epsilon) policy).epsilon(), most);
  }

  /** Under a budget. */
  static String allowed(Layer layer) {
    return tooSmall(layer).orElse("the budget allows it whole");
  }

  private static Optional<String> tooSmall(Layer layer) {
    return LowRank.breakEvenRank(layer.rows(), layer.cols()) == 0
        ? Optional.of("no rank makes %dx%d smaller".formatted(layer.rows(), layer.cols()))
        : Optional.empty();
  }
}
