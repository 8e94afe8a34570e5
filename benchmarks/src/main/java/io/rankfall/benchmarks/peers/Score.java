package io.rankfall.benchmarks.peers;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Rates that were measured alternately.
 *
 * @param ours the rounds' median
 * @param ratio the median of the rounds' ratios, ours to the peer's
 * @param least of these ratios
 * @param greatest of these ratios
 * @param target 0 if there is none
 * @param note remarks of the contenders
 * @param missing why the peer was not measured, else empty; then the numbers are 0
 */
record Score(
    String work,
    String unit,
    String peer,
    double target,
    double ours,
    double theirs,
    double ratio,
    double least,
    double greatest,
    List<Double> ourRounds,
    List<Double> theirRounds,
    String note,
    String missing) {

  static Score of(Duel duel, List<Double> ours, List<Double> theirs, String note) {
    List<Double> ratios =
        IntStream.range(0, ours.size())
            .mapToObj(i -> ours.get(i) / theirs.get(i))
            .sorted()
            .toList();
    return new Score(
        duel.work(),
        duel.unit(),
        duel.peer(),
        duel.target(),
        median(ours),
        median(theirs),
        median(ratios),
        ratios.get(0),
        ratios.get(ratios.size() - 1),
        ours,
        theirs,
        note,
        "");
  }

  static Score missing(Duel duel, String reason) {
    return new Score(
        duel.work(),
        duel.unit(),
        duel.peer(),
        duel.target(),
        0,
        0,
        0,
        0,
        0,
        List.of(),
        List.of(),
        "",
        reason);
  }

  boolean isMissing() {
    return !missing.isEmpty();
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int n = sorted.size();
    return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
  }
}
