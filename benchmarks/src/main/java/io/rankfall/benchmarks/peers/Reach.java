package io.rankfall.benchmarks.peers;

import io.rankfall.train.Mlp;
import java.util.List;

/**
 * How near our steps come to what the machine can do.
 *
 * @param gflop additions and multiplications of the step's products, in 10⁹
 * @param mbytes that the step must move at least, in 10⁶
 * @param arithmetic steps a second at {@link Roofline#singleGflops}
 * @param movement steps a second at {@link Roofline#cacheGBytes}
 * @param measured steps a second
 * @param share measured steps by the lower of the two limits
 */
record Reach(
    String work,
    double gflop,
    double mbytes,
    double arithmetic,
    double movement,
    double measured,
    double share) {

  static Reach of(Steps steps, double measured, Roofline roofline) {
    double gflop = gflop(steps.architecture(), steps.batch());
    double gbytes = gbytes(steps.architecture());
    double arithmetic = roofline.singleGflops() / gflop;
    double movement = roofline.cacheGBytes() / gbytes;
    return new Reach(
        steps.label(),
        gflop,
        1e3 * gbytes,
        arithmetic,
        movement,
        measured,
        measured / Math.min(arithmetic, movement));
  }

  /** Six for each weight and example; four in the first layer, whose inputs need no gradient. */
  private static double gflop(Mlp mlp, int batch) {
    List<Integer> widths = mlp.widths();
    double sum = 0;
    for (int l = 1; l < widths.size(); l++) {
      sum += (l == 1 ? 4.0 : 6.0) * widths.get(l - 1) * widths.get(l) * batch;
    }
    return sum * 1e-9;
  }

  /** Every weight is read going forward, read and written going backward. */
  private static double gbytes(Mlp mlp) {
    List<Integer> widths = mlp.widths();
    double sum = 0;
    for (int l = 1; l < widths.size(); l++) {
      sum += 3.0 * Float.BYTES * widths.get(l - 1) * widths.get(l);
    }
    return sum * 1e-9;
  }
}
