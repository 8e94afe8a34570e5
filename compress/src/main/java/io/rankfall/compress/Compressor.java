package io.rankfall.compress;

import io.rankfall.compress.GraphSurgery.Replacement;
import io.rankfall.compress.RankPlan.Dense;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.Truncation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongToDoubleFunction;

/**
 * Replaces layers of a model by chains of smaller ones. Their weights are decomposed once, when
 * this is made; plans and models for any number of budgets follow cheaply.
 */
public final class Compressor {
  private final OnnxModel model;
  private final Objective objective;
  private final Map<String, Factorization> factorizations = new LinkedHashMap<>();

  /** What one share lost of each layer weighs, by the numbers that remain of it. */
  private final List<LongToDoubleFunction> weights = new ArrayList<>();

  private final Optional<Narrowing> narrowing;

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
    this(model, objective, CompressionListener.NONE);
  }

  private Compressor(OnnxModel model, Objective objective, CompressionListener listener) {
    this.model = model;
    this.objective = objective;
    for (Layer layer : model.layers()) {
      layer.weight().requireFinite();
      Factorization factorization = Factorization.of(layer, objective);
      factorizations.put(layer.name(), factorization);
      double weight = isAbsolute(objective) ? factorization.all() : 1;
      weights.add(numbers -> weight);
      listener.onProgress(weights.size(), model.layers().size());
    }
    this.narrowing = Optional.empty();
  }

  /** The same, and takes hidden units out where that leaves more of a budget to the ranks. */
  private Compressor(Compressor whole, Optional<Narrowing> narrowing) {
    this.model = whole.model;
    this.objective = whole.objective;
    this.factorizations.putAll(whole.factorizations);
    this.weights.addAll(whole.weights);
    this.narrowing = narrowing;
  }

  /** Whether losses compare across layers: changes of the model's output. */
  private static boolean isAbsolute(Objective objective) {
    return objective instanceof Objective.DataAware aware
        && aware.calibration().curvature().isPresent();
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
    return dataAware(model, calibration, order, CompressionListener.NONE);
  }

  static Compressor dataAware(
      OnnxModel model, Calibration calibration, Objective.Order order, CompressionListener listener)
      throws ModelFormatException {
    Compressor fitted =
        new Compressor(model, new Objective.DataAware(calibration, order), listener);
    return calibration.curvature().isPresent()
        ? new Compressor(
            fitted, Narrowing.of(model, calibration, calibration.curvature().get(), order))
        : fitted.with(Sensitivity.measure(fitted, calibration, listener));
  }

  private Compressor(Compressor plain, Sensitivity sensitivity) {
    this.model = plain.model;
    this.objective = plain.objective;
    this.factorizations.putAll(plain.factorizations);
    for (Layer layer : model.layers()) {
      weights.add(numbers -> sensitivity.weight(layer, numbers));
    }
    this.narrowing = Optional.empty();
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

  /** Every option of a layer that no other of its kind beats, kind by kind. */
  List<List<RankOptions.Option>> optionsOfEachKind(Layer layer) {
    return factorization(layer).optionsOfEachKind();
  }

  /** The matrices of a decomposition, fitted to the dense network. */
  Factors factors(Layer layer, Decomposition how) {
    return factorization(layer).at(how);
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
    if (policy instanceof RankPolicy.ParameterBudget budget) {
      long allowed = (long) Math.floor(budget.share() * model.parameters());
      return plan(allowed - parametersElsewhere(), budget.division());
    }
    List<RankOptions> options = model.layers().stream().map(this::options).toList();
    int[] chosen = new int[options.size()];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = options.get(i).under(policy);
    }
    return plan(options, chosen, layer -> DenseReasons.of(layer, policy));
  }

  private RankPlan plan(long numbers, Division division) throws BudgetException {
    long least = cheapest(Price::numbers);
    if (least > numbers) {
      long rest = parametersElsewhere();
      throw BudgetException.of("parameters", rest + numbers, rest + least, model.parameters());
    }
    if (division == Division.GLOBAL) {
      return plan(numbers);
    }
    List<RankOptions> options = model.layers().stream().map(this::options).toList();
    return plan(options, BudgetDivision.divide(options, numbers, division), DenseReasons::allowed);
  }

  /**
   * The plan that loses least of those with at most so many numbers in the layers' weights.
   *
   * @param numbers at least {@link #cheapest} by {@link Price#numbers}
   */
  RankPlan plan(long numbers) {
    return narrowing.isPresent()
        ? narrowing.get().plan(options(Price::numbers), parametersElsewhere() + numbers)
        : plan(Price::numbers, numbers);
  }

  /**
   * The plan that loses least of those whose layers cost at most {@code budget}.
   *
   * @param budget at least {@link #cheapest}
   */
  RankPlan plan(Function<Layer, Price> prices, long budget) {
    List<RankOptions> options = options(prices);
    return plan(
        options, BudgetDivision.divide(options, budget, Division.GLOBAL), DenseReasons::allowed);
  }

  /** The least that all layers can cost. */
  long cheapest(Function<Layer, Price> prices) {
    return options(prices).stream().mapToLong(o -> o.cost(0)).sum();
  }

  private List<RankOptions> options(Function<Layer, Price> prices) {
    List<RankOptions> options = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      Layer layer = model.layers().get(i);
      options.add(factorization(layer).options(prices.apply(layer)).weighted(weights.get(i)));
    }
    return options;
  }

  /** Numbers in the model outside of the layers. */
  long parametersElsewhere() {
    return model.parameters()
        - model.layers().stream().mapToLong(layer -> layer.weight().matrix().size()).sum();
  }

  private RankPlan plan(List<RankOptions> options, int[] chosen, Function<Layer, String> whyDense) {
    List<RankPlan.Layer> layers = new ArrayList<>();
    long parameters = parametersElsewhere();
    for (int i = 0; i < chosen.length; i++) {
      Layer layer = model.layers().get(i);
      RankOptions o = options.get(i);
      int k = chosen[i];
      layers.add(
          new RankPlan.Layer(
              layer.name(),
              layer.rows(),
              layer.cols(),
              o.isDense(k) ? new Dense(whyDense.apply(layer)) : factored(layer, o, k),
              o.numbers(k),
              o.lossShare(k)));
      parameters += o.numbers(k);
    }
    return new RankPlan(layers, parameters, model.parameters());
  }

  private Factored factored(Layer layer, RankOptions options, int option) {
    Decomposition how = options.how(option);
    return new Factored(how, factorization(layer).why(how, options.numbers(option)));
  }

  /**
   * The model with the planned layers factored: same inputs, outputs, opset and metadata.
   *
   * @throws IllegalArgumentException if the plan is not one of this model
   */
  public OnnxModel apply(RankPlan plan) {
    requireOwn(plan);
    if (plan.isNarrowed()) {
      return narrowing
          .orElseThrow(
              () -> new IllegalArgumentException("plan: expected all units kept, found fewer"))
          .apply(plan);
    }
    return objective instanceof Objective.DataAware aware
            && aware.order() == Objective.Order.SEQUENTIAL
        ? new SequentialRefit(model, aware.calibration(), replacements(plan)).fitted()
        : unrefined(plan);
  }

  /** The same graph as {@link #apply} makes, its factors each fitted alone. */
  OnnxModel unrefined(RankPlan plan) {
    return plan.isNarrowed() ? apply(plan) : factored(replacements(plan));
  }

  private List<Replacement> replacements(RankPlan plan) {
    requireOwn(plan);
    List<Replacement> replacements = new ArrayList<>();
    for (int i = 0; i < plan.layers().size(); i++) {
      if (plan.layers().get(i).choice() instanceof Factored factored) {
        replacements.add(alone(model.layers().get(i), factored.how()));
      }
    }
    return replacements;
  }

  private void requireOwn(RankPlan plan) {
    if (plan.layers().size() != model.layers().size()) {
      throw new IllegalArgumentException(
          "plan: expected %d layers, found %d"
              .formatted(model.layers().size(), plan.layers().size()));
    }
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
    }
  }

  OnnxModel factored(List<Replacement> replacements) {
    return GraphSurgery.apply(model, replacements);
  }

  /** What replaces a layer, fitted to the dense network. */
  Replacement alone(Layer layer, Decomposition how) {
    Map<String, float[]> biases = new HashMap<>();
    ElementType type = model.type(layer.tensor());
    Factors factors = RoundedFactors.of(type, factorization(layer).at(how));
    if (objective instanceof Objective.DataAware aware && aware.calibration().isFitted(layer)) {
      Matrix w = layer.weight().matrix();
      for (LinearLayer.Use use : layer.uses()) {
        InputMoments seen = aware.calibration().of(use);
        biases.putAll(BiasShift.biases(model, use, w, seen, factors, seen));
      }
    }
    return new Replacement(layer, factors, biases);
  }
}
