package io.rankfall.benchmarks.peers;

/** A peer that is not installed. */
final class MissingPeerException extends Exception {
  private static final long serialVersionUID = 1;

  MissingPeerException(String message) {
    super(message);
  }
}
