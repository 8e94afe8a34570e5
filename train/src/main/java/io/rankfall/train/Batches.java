package io.rankfall.train;

import java.util.NoSuchElementException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The batches of an epoch, one after another; each is valid until the next is asked for. With
 * {@link Assembly#AHEAD} one thread assembles the next while the learner is at work, in one of two
 * buffers in turn.
 */
final class Batches implements AutoCloseable {
  /** Nanoseconds of work that pay for handing a batch from thread to thread. */
  private static final long WORTH_HANDING_OVER = 100_000;

  private final Examples examples;
  private final int[] order;
  private final int batchSize;
  private final @Nullable ExecutorService assembler;
  private final float[][] buffers;
  private int from;
  private @Nullable Future<Batch> next;

  /**
   * @param order numbers of the examples
   * @param from where in it to begin: a multiple of the batch size
   */
  Batches(Examples examples, int[] order, int from, int batchSize, Assembly assembly) {
    this.from = from;
    this.examples = examples;
    this.order = order;
    this.batchSize = batchSize;
    boolean ahead =
        assembly == Assembly.AHEAD && batchSize * examples.nanosOfCopy() >= WORTH_HANDING_OVER;
    this.assembler = ahead ? Executors.newSingleThreadExecutor(Batches::daemon) : null;
    this.buffers = ahead ? new float[2][batchSize * examples.features()] : new float[0][];
    this.next = submit();
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "rankfall-batches");
    thread.setDaemon(true);
    return thread;
  }

  private @Nullable Future<Batch> submit() {
    if (assembler == null || !hasNext()) {
      return null;
    }
    int start = from;
    int size = size();
    float[] buffer = buffers[start / batchSize % buffers.length];
    return assembler.submit(() -> examples.assembled(order, start, size, buffer));
  }

  private int size() {
    return Math.min(batchSize, order.length - from);
  }

  boolean hasNext() {
    return from < order.length;
  }

  /**
   * The next batch; the one before is no longer valid.
   *
   * @throws InterruptedException if the thread was interrupted while it waited
   */
  Batch next() throws InterruptedException {
    if (!hasNext()) {
      throw new NoSuchElementException("batches: expected another one, found the end");
    }
    Batch batch = next == null ? new Batch(examples, order, from, size()) : result(next);
    from += size();
    next = submit();
    return batch;
  }

  private static Batch result(Future<Batch> assembled) throws InterruptedException {
    try {
      return assembled.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("batch: " + e.getCause(), e);
    }
  }

  @Override
  public void close() {
    if (assembler != null) {
      assembler.shutdownNow();
    }
  }
}
