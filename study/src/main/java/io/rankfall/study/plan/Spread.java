package io.rankfall.study.plan;

import java.util.Arrays;
import java.util.Collection;
import org.hipparchus.stat.descriptive.rank.Median;

/** The smallest, middle and largest of some numbers. */
public record Spread(double low, double median, double high) {

  static Spread of(Collection<Double> values) {
    double[] all = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (all.length == 0) {
      throw new IllegalArgumentException("spread: expected numbers, found none");
    }
    return new Spread(
        all[0], new Median().evaluate(Arrays.copyOf(all, all.length)), all[all.length - 1]);
  }
}
