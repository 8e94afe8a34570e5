package io.rankfall.study.statistics;

import java.util.List;

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
      Method method, double points, long parameters, double share, double accuracy) {}
}
