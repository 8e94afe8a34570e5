package io.rankfall.study.store;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How small a trained network becomes by low rank alone, without further training.
 *
 * @param accuracy on the test examples, uncompressed
 * @param parameters of all kinds, uncompressed
 * @param smallest for each way of compressing and each tolerance
 */
public record Compressibility(double accuracy, long parameters, List<Smallest> smallest) {
  public Compressibility {
    smallest = List.copyOf(smallest);
    requireShare("accuracy", accuracy);
  }

  private static void requireShare(String what, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("%s: expected 0 to 1, found %s".formatted(what, share));
    }
  }

  /** The smallest network that keeps an accuracy; empty where it was not searched. */
  public Optional<Smallest> smallest(Method method, double points) {
    return smallest.stream()
        .filter(one -> one.method == method && one.points == points)
        .findFirst();
  }

  /** This with what was found in the same network besides. */
  Compressibility and(Compressibility more) {
    return new Compressibility(
        accuracy, parameters, Stream.concat(smallest.stream(), more.smallest.stream()).toList());
  }

  /** How ranks and factors are chosen. */
  public enum Method {
    /** By the singular values of the weights alone. */
    PLAIN,
    /** By examples of the model's inputs. */
    DATA_AWARE
  }

  /**
   * The smallest network found that keeps an accuracy.
   *
   * @param points of accuracy, in percent, that may be lost
   * @param parameters of all kinds that are left
   * @param share of the uncompressed network's parameters
   * @param accuracy on the test examples
   */
  public record Smallest(
      Method method, double points, long parameters, double share, double accuracy) {
    public Smallest {
      requireShare("share", share);
      requireShare("accuracy", accuracy);
    }
  }
}
