package io.rankfall.study.plan;

import java.util.Collection;
import java.util.List;

/**
 * What a study is asked.
 *
 * @param batchSizes B to find a weight decay for; empty for those of the runs
 * @param learningRates μ to find a weight decay for; empty for those of the runs
 */
public record Question(Wish wish, List<Integer> batchSizes, List<Double> learningRates) {
  public Question {
    batchSizes = List.copyOf(batchSizes);
    learningRates = List.copyOf(learningRates);
    if (batchSizes.stream().anyMatch(b -> b < 1)) {
      throw new IllegalArgumentException("batch size: expected >= 1, found " + batchSizes);
    }
    if (learningRates.stream().anyMatch(mu -> !(mu > 0 && mu < Double.POSITIVE_INFINITY))) {
      throw new IllegalArgumentException("learning rate: expected > 0, found " + learningRates);
    }
  }

  Collection<Integer> batchSizesOr(Collection<Integer> measured) {
    return batchSizes.isEmpty() ? measured : batchSizes;
  }

  Collection<Double> learningRatesOr(Collection<Double> measured) {
    return learningRates.isEmpty() ? measured : learningRates;
  }
}
