package io.rankfall.study.statistics;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Holm's step-down correction: the chance of any false alarm among all tests stays at its level.
 */
final class Holm {
  private Holm() {}

  /** Adjusted p, in the order given: the running maximum of (m − i)·p₍ᵢ₎, i from 0, at most 1. */
  static double[] adjusted(List<Double> p) {
    double[] adjusted = new double[p.size()];
    List<Integer> ascending =
        IntStream.range(0, p.size()).boxed().sorted(Comparator.comparing(p::get)).toList();
    double most = 0;
    for (int i = 0; i < p.size(); i++) {
      most = Math.max(most, Math.min(1, (p.size() - i) * p.get(ascending.get(i))));
      adjusted[ascending.get(i)] = most;
    }
    return adjusted;
  }
}
