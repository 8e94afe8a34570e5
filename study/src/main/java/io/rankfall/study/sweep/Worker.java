package io.rankfall.study.sweep;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.study.statistics.CompressibilitySearch;
import io.rankfall.study.store.Provenance;
import io.rankfall.train.Assembly;
import io.rankfall.train.Checkpoint;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains or searches, one order after another on one thread, told by lines on one stream and
 * telling by lines on another. Its life ends with its input: a process that is gone leaves no
 * workers behind.
 */
public final class Worker {
  private final Dataset dataset;
  private final Trainer trainer;
  private final PrintWriter out;
  private @Nullable CompressibilitySearch search;

  private Worker(Dataset dataset, PrintWriter out) {
    this.dataset = dataset;
    // Every core has a worker.
    this.trainer = new Trainer(dataset, Assembly.IN_TURN);
    this.out = out;
  }

  /**
   * Works until {@code in} ends, in the middle of a training if need be.
   *
   * @param out for messages only
   */
  public static void work(Dataset dataset, InputStream in, PrintWriter out) {
    BlockingQueue<Message.Order> orders = new LinkedBlockingQueue<>();
    Thread working = Thread.currentThread();
    Thread reading = new Thread(() -> read(in, orders, working), "worker-input");
    reading.setDaemon(true);
    reading.start();
    Worker worker = new Worker(dataset, out);
    worker.tell(new Message.Ready(Provenance.here(dataset.sha256())));
    try {
      while (true) {
        worker.run(orders.take());
      }
    } catch (InterruptedException e) {
      // The input has ended, and so does this.
      return;
    }
  }

  private static void read(InputStream in, BlockingQueue<Message.Order> orders, Thread working) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (Message.of(line) instanceof Message.Order order) {
          orders.add(order);
        }
      }
    } catch (IOException e) {
      // A pipe that breaks is one that ends.
    } finally {
      working.interrupt();
    }
  }

  private void tell(Message message) {
    out.println(Message.text(message));
    out.flush();
  }

  private void run(Message.Order order) throws InterruptedException {
    try {
      if (order instanceof Message.Task task) {
        tell(ending(train(task)));
      } else if (order instanceof Message.Search search) {
        tell(search(search));
      }
    } catch (UncheckedIOException e) {
      Throwable cause = e.getCause();
      tell(new Message.Unwritable(String.valueOf((cause == null ? e : cause).getMessage())));
    } catch (RuntimeException e) {
      tell(new Message.Failed(String.valueOf(e.getMessage())));
    }
  }

  private static Message ending(Run run) {
    return run.outcome() instanceof RunOutcome.Diverged diverged
        ? new Message.Diverged(diverged.epoch(), diverged.step(), diverged.reason(), run.seconds())
        : new Message.Completed(run.seconds());
  }

  private Message search(Message.Search order) throws InterruptedException {
    Path file = Path.of(order.checkpoint());
    RunSpec spec = order.spec();
    Checkpoint trained;
    try {
      trained = checkpoint(file, spec);
      if (trained.epoch() != spec.epochs()) {
        throw new IOException(
            "%s: expected epoch %d, found %d".formatted(file, spec.epochs(), trained.epoch()));
      }
    } catch (IOException e) {
      return new Message.Unsearchable(refusal(file, e));
    }
    long start = System.nanoTime();
    try {
      if (search == null) {
        search = CompressibilitySearch.of(dataset);
      }
      return new Message.Found(search.of(trained), (System.nanoTime() - start) * 1e-9);
    } catch (ModelFormatException e) {
      return new Message.Failed(String.valueOf(e.getMessage()));
    }
  }

  private static String refusal(Path file, IOException e) {
    if (Files.exists(file)) {
      return String.valueOf(e.getMessage());
    }
    return keepsCheckpoints(file)
        ? file + ": expected a checkpoint, found no file"
        : noFolder(file);
  }

  private Run train(Message.Task task) throws InterruptedException {
    RunSpec spec = task.spec();
    Path file = Path.of(task.checkpoint());
    boolean keeping = keepsCheckpoints(file);
    if (!keeping) {
      tell(
          new Message.Note(
              noFolder(file)
                  + "; trainings whose worker is lost start anew, and no trained network is kept"));
    }
    Checkpoint from = null;
    String refused = null;
    if (task.lastStored() >= 0 && Files.exists(file)) {
      try {
        from = checkpoint(file, spec);
      } catch (IOException e) {
        refused = e.getMessage();
      }
    }
    Listener listener = new Listener(task, file, keeping);
    if (from == null) {
      tell(new Message.Started(-1, refused));
      return trainer.train(spec, listener);
    }
    tell(new Message.Started(from.epoch(), null));
    // The last one is told in any case: if the training diverges now, its spectra are kept.
    int first = Math.min(task.lastStored() + 1, from.epoch());
    from.epochs().subList(first, from.epoch() + 1).forEach(listener::onEpoch);
    return trainer.resume(from, spec.epochs(), listener);
  }

  /** Another machine than the driver's may not share its folders. */
  private static boolean keepsCheckpoints(Path file) {
    Path folder = file.getParent();
    return folder != null && Files.isDirectory(folder) && Files.isWritable(folder);
  }

  private static String noFolder(Path file) {
    return "%s: expected the folder of the checkpoints on every machine, found none to write to"
        .formatted(file.getParent());
  }

  private Checkpoint checkpoint(Path file, RunSpec spec) throws IOException {
    Checkpoint found = Checkpoint.read(file);
    if (!found.spec().id().equals(spec.id())
        || !found.dataSha256().equals(dataset.sha256())
        || found.epoch() > spec.epochs()) {
      throw new IOException(
          "%s: expected a checkpoint of run %s up to epoch %d, found epoch %d of %s"
              .formatted(file, spec.id(), spec.epochs(), found.epoch(), found.spec().id()));
    }
    return found;
  }

  /** Tells of epochs and keeps checkpoints. */
  private final class Listener implements TrainingListener {
    private final Message.Task task;
    private final Path file;
    private final boolean keeping;
    private long written = System.nanoTime();

    Listener(Message.Task task, Path file, boolean keeping) {
      this.task = task;
      this.file = file;
      this.keeping = keeping;
    }

    @Override
    public void onEpoch(EpochRecord record) {
      tell(Message.Epoch.of(record));
    }

    @Override
    public void onCheckpoint(int epoch, Supplier<Checkpoint> checkpoint) {
      boolean due = (System.nanoTime() - written) * 1e-9 >= task.checkpointSeconds();
      if (keeping && (epoch == task.spec().epochs() || (due && epoch > 0))) {
        try {
          checkpoint.get().write(file);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        written = System.nanoTime();
        tell(new Message.Checkpointed(epoch));
      }
    }
  }
}
