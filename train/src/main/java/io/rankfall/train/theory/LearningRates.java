package io.rankfall.train.theory;

import io.rankfall.train.Optimizer;
import java.util.ArrayList;
import java.util.List;

/**
 * The learning rates μ of a training's steps, which are counted from 1.
 *
 * @param spans in the order of time, at least one
 */
public record LearningRates(List<Span> spans) {

  /**
   * Neighbouring steps with one rate.
   *
   * @param steps how many, at least 1
   */
  public record Span(double rate, long steps) {
    public Span {
      if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("learning rate: expected > 0, found " + rate);
      }
      if (steps < 1) {
        throw new IllegalArgumentException("steps: expected >= 1, found " + steps);
      }
    }
  }

  public LearningRates {
    spans = List.copyOf(spans);
    if (spans.isEmpty()) {
      throw new IllegalArgumentException("learning rates: expected at least one step, found none");
    }
  }

  public static LearningRates constant(double rate, long steps) {
    return new LearningRates(List.of(new Span(rate, steps)));
  }

  /** Those of a training of so many epochs. */
  public static LearningRates of(Optimizer optimizer, int epochs, long stepsPerEpoch) {
    List<Span> spans = new ArrayList<>();
    for (int epoch = 1; epoch <= epochs; epoch++) {
      double rate = optimizer.learningRate(epoch);
      int last = spans.size() - 1;
      if (last >= 0 && spans.get(last).rate() == rate) {
        spans.set(last, new Span(rate, spans.get(last).steps() + stepsPerEpoch));
      } else {
        spans.add(new Span(rate, stepsPerEpoch));
      }
    }
    return new LearningRates(spans);
  }

  /** T. */
  public long steps() {
    return spans.stream().mapToLong(Span::steps).sum();
  }

  /** μ of a step; before the first and after the last step, theirs. */
  public double at(long step) {
    long before = 0;
    for (Span span : spans) {
      before += span.steps();
      if (step <= before) {
        return span.rate();
      }
    }
    return spans.get(spans.size() - 1).rate();
  }
}
