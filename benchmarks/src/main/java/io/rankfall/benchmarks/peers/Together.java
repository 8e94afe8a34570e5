package io.rankfall.benchmarks.peers;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Two contenders at the same time, each on a thread of its own: their rates together. */
final class Together implements Contender {
  private final Contender first;
  private final Contender second;
  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  Together(Contender first, Contender second) {
    this.first = first;
    this.second = second;
  }

  @Override
  public double measure(double seconds) throws Exception {
    Future<Double> a = threads.submit(() -> first.measure(seconds));
    Future<Double> b = threads.submit(() -> second.measure(seconds));
    return a.get() + b.get();
  }

  @Override
  public void close() throws IOException {
    threads.shutdown();
    first.close();
    second.close();
  }
}
