package io.rankfall.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.train.plan.BoundPlan;
import io.rankfall.train.plan.Memory;
import io.rankfall.train.plan.RankTarget;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the theorem asks of a training for a rank.
 *
 * @param layers asked about
 * @param free those that cannot have a higher rank anyway
 * @param found which number is the smallest that is enough
 * @param product μ·wd, the smallest that is enough; null if it was not {@link Outcome#NEEDED}
 * @param learningRate that was given, or the smallest that is enough; null where neither was asked
 * @param weightDecay likewise
 * @param steps n(ε)
 * @param epochs as many steps
 * @param memory how long gradients stay in the weights
 * @param leastTrainable the rank promised at the shortest memory that trains well, an epoch
 */
record BoundAnswer(
    Outcome outcome,
    RankTarget target,
    List<LayerShape> layers,
    List<LayerShape> free,
    int examples,
    Found found,
    @Nullable Double product,
    @Nullable Double learningRate,
    @Nullable Double weightDecay,
    @Nullable Long steps,
    @Nullable Double epochs,
    @Nullable Long promisedRank,
    @Nullable Memory memory,
    long leastTrainable) {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Digits that people read. */
  private static final MathContext SHORT = new MathContext(4, RoundingMode.CEILING);

  /** How it ends. */
  enum Outcome {
    /** No layer can have a higher rank. */
    NOTHING_NEEDED,
    NEEDED,
    /** The gradient of a single step can have a higher rank. */
    IMPOSSIBLE
  }

  /** What was asked for. */
  enum Found {
    PRODUCT,
    LEARNING_RATE,
    WEIGHT_DECAY
  }

  BoundAnswer {
    layers = List.copyOf(layers);
    free = List.copyOf(free);
  }

  static BoundAnswer of(
      RankTarget target,
      List<LayerShape> layers,
      @Nullable Double learningRate,
      @Nullable Double weightDecay,
      int examples) {
    List<LayerShape> free =
        layers.stream().filter(layer -> layer.fullRank() <= target.rank()).toList();
    Found found =
        learningRate != null
            ? Found.WEIGHT_DECAY
            : weightDecay != null ? Found.LEARNING_RATE : Found.PRODUCT;
    Optional<BoundPlan> plan =
        learningRate != null
            ? BoundPlan.weightDecay(target, learningRate)
            : weightDecay != null
                ? BoundPlan.learningRate(target, weightDecay)
                : BoundPlan.product(target);
    boolean nothing = free.size() == layers.size();
    BoundPlan needed = nothing ? null : plan.orElse(null);
    boolean settings = found != Found.PRODUCT;
    double epoch = Math.ceil((double) examples / target.batchSize());
    return new BoundAnswer(
        nothing ? Outcome.NOTHING_NEEDED : needed == null ? Outcome.IMPOSSIBLE : Outcome.NEEDED,
        target,
        layers,
        free,
        examples,
        found,
        needed == null ? null : Double.valueOf(needed.product()),
        needed == null || !settings ? null : Double.valueOf(needed.learningRate()),
        needed == null || !settings ? null : Double.valueOf(needed.weightDecay()),
        needed == null ? null : Long.valueOf(needed.steps()),
        needed == null ? null : Double.valueOf(needed.steps() / epoch),
        needed == null ? null : Long.valueOf(needed.promisedRank()),
        needed == null ? null : needed.memory(examples),
        target.promisedAt((double) target.batchSize() / examples));
  }

  /** A number that is enough, rounded up to four digits while it stays below {@code limit}. */
  static String roundedUp(double value, double limit) {
    BigDecimal rounded = BigDecimal.valueOf(value).round(SHORT);
    return RunsTable.number(rounded.doubleValue() < limit ? rounded.doubleValue() : value);
  }

  String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plan: " + e.getOriginalMessage(), e);
    }
  }
}
