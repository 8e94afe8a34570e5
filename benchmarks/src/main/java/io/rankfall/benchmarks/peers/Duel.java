package io.rankfall.benchmarks.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The same work done by us and by a peer.
 *
 * @param work what is done, for example {@code step 784-512-512-512-10, B=4}
 * @param unit of the measured rates, for example {@code steps/s}
 * @param peer the peer's name
 * @param target the ratio of rates, ours to the peer's, that is aimed at, or 0
 */
record Duel(String work, String unit, String peer, double target, Entrant ours, Entrant theirs) {

  /** Prepares a contender: reads data, builds a network. */
  @FunctionalInterface
  interface Entrant {
    /**
     * The prepared contender, owned by the caller.
     *
     * @throws MissingPeerException if it cannot be had on this machine
     */
    Contender enter() throws Exception;
  }

  /**
   * Measures both, one after the other, in every round.
   *
   * @param seconds to measure each for
   */
  Score fight(int rounds, double seconds) throws Exception {
    try (Contender us = ours.enter();
        Contender them = theirs.enter()) {
      us.measure(seconds);
      them.measure(seconds);
      List<Double> ourRates = new ArrayList<>();
      List<Double> theirRates = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        ourRates.add(us.measure(seconds));
        theirRates.add(them.measure(seconds));
      }
      String note =
          Stream.of(us.note(), them.note())
              .filter(n -> !n.isEmpty())
              .collect(Collectors.joining("; peer's "));
      return Score.of(this, ourRates, theirRates, note);
    } catch (MissingPeerException e) {
      return Score.missing(this, String.valueOf(e.getMessage()));
    }
  }
}
