package io.rankfall.compress;

import io.rankfall.compress.GraphSurgery.Replacement;
import io.rankfall.compress.RankPlan.Dense;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.Truncation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Replaces layers of a model by chains of smaller ones. Their weights are decomposed once, when
 * this is made; plans and models for any number of budgets follow cheaply.
 */
public final class Compressor {
  private final OnnxModel model;
  private final Objective objective;
  private final Map<String, Factorization> factorizations = new LinkedHashMap<>();
  private final List<RankOptions> options = new ArrayList<>();
  private final List<RankOptions> weighted;

  /** For {@link Objective.Plain}. */
  public Compressor(OnnxModel model) {
    this(model, new Objective.Plain());
  }

  /**
   * Decomposes every layer.
   *
   * @throws NonFiniteException naming the layer, if a weight is NaN or infinite
   */
  public Compressor(OnnxModel model, Objective objective) {
    this.model = model;
    this.objective = objective;
    for (Layer layer : model.layers()) {
      layer.weight().requireFinite();
      Factorization factorization =
          layer instanceof LinearLayer linear
              ? Factorization.of(linear, truncation(linear, objective))
              : Factorization.of((Convolution) layer);
      factorizations.put(layer.name(), factorization);
      options.add(factorization.options());
    }
    this.weighted =
        objective instanceof Objective.DataAware aware
                && aware.calibration().curvature().isPresent()
            ? absolute()
            : options;
  }

  private static Truncation truncation(LinearLayer layer, Objective objective) {
    Matrix w = layer.weight().matrix();
    return objective instanceof Objective.DataAware aware
        ? aware.calibration().truncation(layer, w, aware.calibration().inputs(layer))
        : Truncation.of(w);
  }

  /**
   * The best that examples make possible in reasonable time: layers fitted in the order that suits
   * the model, to lose what matters least to the model's outputs; ranks divided by that loss. Where
   * an operator has no derivative here, factors are fitted to the layers' own outputs, and ranks
   * divided by {@link Sensitivity}.
   *
   * @param calibration inputs of the model
   * @throws ModelFormatException if ONNX Runtime does not load the model
   */
  public static Compressor dataAware(OnnxModel model, ModelInputs calibration)
      throws ModelFormatException {
    Calibration seen = Calibration.gather(model, calibration);
    Objective.Order order = Objective.Order.of(model);
    try {
      return dataAware(model, seen.with(OutputCurvature.measure(model, calibration)), order);
    } catch (NotDifferentiableException e) {
      return dataAware(model, seen, order);
    }
  }

  /** As {@link #dataAware(OnnxModel, ModelInputs)} with what was measured before. */
  public static Compressor dataAware(
      OnnxModel model, Calibration calibration, Objective.Order order) throws ModelFormatException {
    Compressor fitted = new Compressor(model, new Objective.DataAware(calibration, order));
    return calibration.curvature().isPresent()
        ? fitted
        : fitted.with(Sensitivity.measure(fitted, calibration.examples()));
  }

  /** Losses that compare across layers: changes of the model's output. */
  private List<RankOptions> absolute() {
    List<RankOptions> losses = new ArrayList<>();
    for (int i = 0; i < options.size(); i++) {
      double all = truncation(model.layers().get(i)).loss(0);
      losses.add(options.get(i).weighted(rank -> all));
    }
    return losses;
  }

  private Compressor(Compressor plain, Sensitivity sensitivity) {
    this.model = plain.model;
    this.objective = plain.objective;
    this.factorizations.putAll(plain.factorizations);
    this.options.addAll(plain.options);
    this.weighted = new ArrayList<>();
    for (int i = 0; i < options.size(); i++) {
      Layer layer = model.layers().get(i);
      weighted.add(options.get(i).weighted(cost -> sensitivity.weight(layer, cost)));
    }
  }

  /** The same decompositions, with relative losses weighted in {@code Division.GLOBAL}. */
  public Compressor with(Sensitivity sensitivity) {
    return new Compressor(this, sensitivity);
  }

  public OnnxModel model() {
    return model;
  }

  /** The decomposition of a layer's W, outputs × inputs. */
  public Truncation truncation(Layer layer) {
    return factorization(layer).channel();
  }

  RankOptions options(Layer layer) {
    return factorization(layer).options();
  }

  private Factorization factorization(Layer layer) {
    return Objects.requireNonNull(factorizations.get(layer.name()), layer.name());
  }

  /**
   * Chooses the ranks.
   *
   * @throws BudgetException if the policy is a budget that no ranks meet
   */
  public RankPlan plan(RankPolicy policy) throws BudgetException {
    int[] chosen = new int[options.size()];
    for (int i = 0; i < chosen.length; i++) {
      if (policy instanceof RankPolicy.Uniform uniform) {
        chosen[i] = options.get(i).atRank(uniform.rank());
      } else if (policy instanceof RankPolicy.Energy energy) {
        chosen[i] = options.get(i).losingAtMost(1 - energy.share());
      }
    }
    if (policy instanceof RankPolicy.ParameterBudget budget) {
      long rest = model.parameters() - denseWeights();
      long allowed = (long) Math.floor(budget.share() * model.parameters());
      long best = rest + BudgetDivision.cost(options, chosen);
      if (best > allowed) {
        throw new BudgetException(allowed, best, model.parameters());
      }
      chosen =
          BudgetDivision.divide(
              budget.division() == Division.GLOBAL ? weighted : options,
              allowed - rest,
              budget.division());
    }
    return plan(chosen, policy);
  }

  private long denseWeights() {
    return model.layers().stream().mapToLong(layer -> layer.weight().matrix().size()).sum();
  }

  private RankPlan plan(int[] chosen, RankPolicy policy) {
    List<RankPlan.Layer> layers = new ArrayList<>();
    for (int i = 0; i < chosen.length; i++) {
      Layer layer = model.layers().get(i);
      RankOptions o = options.get(i);
      layers.add(
          new RankPlan.Layer(
              layer.name(),
              layer.rows(),
              layer.cols(),
              o.isDense(chosen[i])
                  ? new Dense(reason(layer, policy))
                  : new Factored(o.how(chosen[i]), factorization(layer).why(chosen[i])),
              o.cost(chosen[i]),
              o.loss(chosen[i])));
    }
    long parameters = model.parameters() - denseWeights() + BudgetDivision.cost(options, chosen);
    return new RankPlan(layers, parameters, model.parameters());
  }

  private static String reason(Layer layer, RankPolicy policy) {
    int breakEven = LowRank.breakEvenRank(layer.rows(), layer.cols());
    if (breakEven == 0) {
      return "no rank makes %dx%d smaller".formatted(layer.rows(), layer.cols());
    }
    if (policy instanceof RankPolicy.Uniform uniform) {
      return "rank %d makes %dx%d no smaller, only ranks to %d do"
          .formatted(uniform.rank(), layer.rows(), layer.cols(), breakEven);
    }
    if (policy instanceof RankPolicy.Energy energy) {
      return "keeping %s of the energy takes more than %s"
          .formatted(
              energy.share(),
              layer instanceof LinearLayer
                  ? "rank %d, the largest that is smaller".formatted(breakEven)
                  : "any smaller decomposition has");
    }
    return "the budget allows it whole";
  }

  /**
   * The model with the planned layers factored: same inputs, outputs, opset and metadata.
   *
   * @throws IllegalArgumentException if the plan is not one of this model
   */
  public OnnxModel apply(RankPlan plan) {
    if (plan.layers().size() != model.layers().size()) {
      throw new IllegalArgumentException(
          "plan: expected %d layers, found %d"
              .formatted(model.layers().size(), plan.layers().size()));
    }
    List<Replacement> replacements = new ArrayList<>();
    for (int i = 0; i < plan.layers().size(); i++) {
      Layer layer = model.layers().get(i);
      RankPlan.Layer planned = plan.layers().get(i);
      if (!planned.name().equals(layer.name())
          || planned.rows() != layer.rows()
          || planned.cols() != layer.cols()) {
        throw new IllegalArgumentException(
            "plan: expected layer %s %dx%d, found %s"
                .formatted(layer.name(), layer.rows(), layer.cols(), planned));
      }
      if (planned.choice() instanceof Factored factored) {
        replacements.add(alone(layer, factored.how()));
      }
    }
    return objective instanceof Objective.DataAware aware
            && aware.order() == Objective.Order.SEQUENTIAL
        ? new SequentialRefit(model, aware.calibration(), replacements).fitted()
        : factored(replacements);
  }

  OnnxModel factored(List<Replacement> replacements) {
    return GraphSurgery.apply(model, replacements);
  }

  /** What replaces a layer, fitted to the dense network. */
  Replacement alone(Layer layer, Decomposition how) {
    Map<String, float[]> biases = new HashMap<>();
    ElementType type = model.type(layer.tensor());
    if (objective instanceof Objective.DataAware aware && layer instanceof LinearLayer linear) {
      LowRank factors = RoundedFactors.of(type, truncation(layer).at(how.rank()));
      Matrix w = layer.weight().matrix();
      for (LinearLayer.Use use : linear.uses()) {
        InputMoments seen = aware.calibration().of(use);
        biases.putAll(BiasShift.biases(model, use, w, seen, factors, seen));
      }
      return new Replacement(layer, Factors.channel(factors), biases);
    }
    return new Replacement(layer, RoundedFactors.of(type, factorization(layer).at(how)), biases);
  }
}
