package io.rankfall.train.theory;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bounds on one layer at the end of one epoch.
 *
 * @param epoch 0 before training
 * @param step T
 * @param norm ‖W_T‖_F
 * @param checks one for each ε, in the order of the settings
 */
public record EpochBounds(int epoch, long step, double norm, List<EpsilonCheck> checks) {
  public EpochBounds {
    checks = List.copyOf(checks);
  }

  /**
   * One ε.
   *
   * @param apriori with the window that follows from learning rate, decay and momentum alone
   * @param shortest with the shortest window whose premise is true by the norms that were measured,
   *     which may be shorter; null where none was found
   */
  public record EpsilonCheck(BoundCheck apriori, @Nullable BoundCheck shortest) {}
}
