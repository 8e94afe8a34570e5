package io.rankfall.compress;

import io.rankfall.compress.RankPlan.Dense;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.WeightMatrix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Ranks and factors of layers that are in memory rather than in a model file, chosen by nothing but
 * their weights. Uses neither ONNX nor ONNX Runtime.
 */
public final class WeightFactors {
  /** What a layer in memory does not have: a tensor and a node that uses it. */
  private static final List<LinearLayer.Use> ONE_USE =
      List.of(new LinearLayer.Use(0, "", Optional.empty(), 1));

  /**
   * The weights of one layer.
   *
   * @param weight outputs × inputs, or the kernel C_out × C_in × k₁ × k₂… as C_out × (C_in·k₁·k₂…)
   * @param kernel k₁, k₂…; empty for a linear layer
   */
  public record Weight(WeightMatrix weight, List<Integer> kernel) {
    public Weight {
      kernel = List.copyOf(kernel);
    }

    private Layer layer() {
      if (kernel.isEmpty()) {
        return new LinearLayer(
            weight.name(), weight, "", LinearLayer.Layout.OUTPUTS_FIRST, ONE_USE);
      }
      int positions = kernel.stream().mapToInt(k -> k).reduce(1, Math::multiplyExact);
      return new Convolution(
          weight.name(), weight, weight.matrix().cols() / positions, kernel, "", ONE_USE);
    }
  }

  private final Map<String, Layer> layers = new LinkedHashMap<>();
  private final Map<String, Factorization> factorizations = new LinkedHashMap<>();

  /**
   * Decomposes every layer.
   *
   * @throws NonFiniteException naming the layer, if a weight is NaN or infinite
   * @throws IllegalArgumentException if two layers have one name
   */
  public WeightFactors(List<Weight> weights) {
    for (Weight weight : weights) {
      weight.weight().requireFinite();
      Layer layer = weight.layer();
      if (layers.put(layer.name(), layer) != null) {
        throw new IllegalArgumentException(
            "layer %s: expected one of this name, found two".formatted(layer.name()));
      }
      factorizations.put(layer.name(), Factorization.of(layer, new Objective.Plain()));
    }
  }

  /**
   * Chooses the ranks.
   *
   * @param modelParameters numbers in the whole model, these layers included
   * @throws BudgetException if the policy is a budget that no ranks meet
   */
  public RankPlan plan(RankPolicy policy, long modelParameters) throws BudgetException {
    List<RankOptions> options =
        factorizations.values().stream().map(Factorization::options).toList();
    int[] chosen = chosen(options, policy, modelParameters);
    List<RankPlan.Layer> planned = new ArrayList<>();
    long parameters = modelParameters - numbersInLayers();
    for (Layer layer : layers.values()) {
      RankOptions o = options.get(planned.size());
      int k = chosen[planned.size()];
      RankPlan.Choice choice =
          o.isDense(k)
              ? new Dense(DenseReasons.of(layer, policy))
              : new Factored(o.how(k), factorization(layer.name()).why(o.how(k), o.numbers(k)));
      planned.add(
          new RankPlan.Layer(
              layer.name(), layer.rows(), layer.cols(), choice, o.numbers(k), o.lossShare(k)));
      parameters += o.numbers(k);
    }
    return new RankPlan(planned, parameters, modelParameters);
  }

  private int[] chosen(List<RankOptions> options, RankPolicy policy, long modelParameters)
      throws BudgetException {
    if (!(policy instanceof RankPolicy.ParameterBudget budget)) {
      return options.stream().mapToInt(o -> o.under(policy)).toArray();
    }
    long elsewhere = modelParameters - numbersInLayers();
    long allowed = (long) Math.floor(budget.share() * modelParameters);
    long least = elsewhere + options.stream().mapToLong(o -> o.cost(0)).sum();
    if (least > allowed) {
      throw BudgetException.of("parameters", allowed, least, modelParameters);
    }
    return BudgetDivision.divide(options, allowed - elsewhere, budget.division());
  }

  private long numbersInLayers() {
    return layers.values().stream().mapToLong(layer -> layer.weight().matrix().size()).sum();
  }

  /**
   * The matrices of a decomposition, in the order of the chain: those of {@link
   * Decomposition.Channel} and {@link Decomposition.Spatial} R and L, of {@link
   * Decomposition.Tucker} Vᵀ, S and U.
   *
   * @throws IllegalArgumentException if there is no such layer, or it has no such decomposition
   */
  public List<Matrix> factors(String layer, Decomposition how) {
    return factorization(layer).at(how).matrices();
  }

  private Factorization factorization(String layer) {
    Factorization found = factorizations.get(layer);
    if (found == null) {
      throw new IllegalArgumentException(
          "layer %s: expected one of %s".formatted(layer, factorizations.keySet()));
    }
    return found;
  }
}
