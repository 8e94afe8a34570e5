package io.rankfall.compress;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The same work on several things, some at a time. */
public final class InParallel {

  /** Work that may fail or be interrupted. */
  public interface Work<A, B> {
    B apply(A a) throws IOException, InterruptedException;
  }

  private InParallel() {}

  /**
   * The results in the order of {@code inputs}. At the first failure, or when the calling thread is
   * interrupted, the workers are interrupted and waited for.
   */
  public static <A, B> List<B> map(int threads, List<A> inputs, Work<A, B> work)
      throws IOException, InterruptedException {
    ExecutorService executor =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "rankfall-worker");
              thread.setDaemon(true);
              return thread;
            });
    try {
      CompletionService<B> finished = new ExecutorCompletionService<>(executor);
      List<Future<B>> futures = new ArrayList<>();
      for (A input : inputs) {
        futures.add(finished.submit(() -> work.apply(input)));
      }
      for (int i = 0; i < inputs.size(); i++) {
        finished.take().get();
      }
      List<B> results = new ArrayList<>();
      for (Future<B> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException io) {
        throw io;
      }
      if (cause instanceof InterruptedException interrupted) {
        throw interrupted;
      }
      if (cause instanceof RuntimeException runtime) {
        throw runtime;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(cause);
    } finally {
      executor.shutdownNow();
      executor.awaitTermination(1, TimeUnit.MINUTES);
    }
  }
}
