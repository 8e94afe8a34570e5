package io.rankfall.benchmarks.peers;

import io.rankfall.spectra.Blas;
import io.rankfall.train.Mlp;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;

/**
 * What one core of this machine can do at most.
 *
 * @param singleGflops of a 1024×1024 product in single precision
 * @param doubleGflops the same in double precision
 * @param memoryGBytes read and written a second by y ← y + a·x over arrays far larger than the
 *     caches
 * @param cacheGBytes the same over as many bytes as the weights of the 512-wide MLP take, which the
 *     last-level cache holds
 */
record Roofline(double singleGflops, double doubleGflops, double memoryGBytes, double cacheGBytes) {
  private static final int N = 1024;
  private static final int LARGE = 1 << 25;
  private static final int CACHED = 1 << 19;

  static Roofline measure(int rounds, double seconds) throws Exception {
    try (FloatPointer x = ones(LARGE);
        FloatPointer y = ones(LARGE);
        DoublePointer a = new DoublePointer(doubles());
        DoublePointer b = new DoublePointer(doubles())) {
      Blas blas = Blas.load();
      double product = 2e-9 * N * N * N;
      return new Roofline(
          product
              * best(
                  rounds,
                  seconds,
                  () ->
                      dnnl.dnnl_sgemm((byte) 'N', (byte) 'N', N, N, N, 1e-3f, x, N, x, N, 0, y, N)),
          product
              * best(
                  rounds,
                  seconds,
                  () ->
                      blas.dgemm(Blas.Op.AS_IS, Blas.Op.AS_IS, N, N, N, 1e-3, a, N, a, N, 0, b, N)),
          12e-9 * LARGE * best(rounds, seconds, () -> blas.saxpy(LARGE, 1e-9f, x, y)),
          12e-9 * CACHED * best(rounds, seconds, () -> blas.saxpy(CACHED, 1e-9f, x, y)));
    }
  }

  private static double best(int rounds, double seconds, Contender.Work work) throws Exception {
    double best = 0;
    for (int i = 0; i < rounds; i++) {
      best = Math.max(best, Contender.repeat(work, seconds));
    }
    return best;
  }

  private static FloatPointer ones(int count) {
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    return new FloatPointer(ones);
  }

  private static double[] doubles() {
    double[] ones = new double[N * N];
    Arrays.fill(ones, 1);
    return ones;
  }

  /**
   * Additions and multiplications of the products of one step, in 10⁹: 6 for each weight and
   * example, 4 in the first layer, whose inputs need no gradient.
   */
  static double gflop(Mlp mlp, int batch) {
    List<Integer> widths = mlp.widths();
    double sum = 0;
    for (int l = 1; l < widths.size(); l++) {
      sum += (l == 1 ? 4.0 : 6.0) * widths.get(l - 1) * widths.get(l) * batch;
    }
    return sum * 1e-9;
  }

  /**
   * What a step without momentum must move at least, in 10⁹ bytes: every weight is read going
   * forward, read and written going backward.
   */
  static double gbytes(Mlp mlp) {
    List<Integer> widths = mlp.widths();
    double sum = 0;
    for (int l = 1; l < widths.size(); l++) {
      sum += 3.0 * Float.BYTES * widths.get(l - 1) * widths.get(l);
    }
    return sum * 1e-9;
  }

  /**
   * Steps a second at the limit: the slower of arithmetic at {@link #singleGflops} and of moving
   * the weights at {@link #cacheGBytes}.
   */
  double stepsPerSecond(Mlp mlp, int batch) {
    return 1 / Math.max(gflop(mlp, batch) / singleGflops, gbytes(mlp) / cacheGBytes);
  }
}
