package io.rankfall.benchmarks.peers;

import io.rankfall.spectra.Blas;
import java.util.Arrays;
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
}
