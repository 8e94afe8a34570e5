package io.rankfall.study.sweep;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A {@link Worker} in a process of its own. */
final class WorkerProcess implements AutoCloseable {
  private static final int ERROR_LINES = 20;
  private static final long SECONDS_TO_END = 10;

  private final Process process;
  private final BufferedWriter tasks;
  private final BufferedReader messages;
  private final Deque<String> errors = new ArrayDeque<>();
  private final Thread errorReader;

  /**
   * @param command starts a process that calls {@link Worker#work} with its standard streams
   */
  WorkerProcess(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    // One thread a trial: as many trials run as there are cores.
    builder.environment().put("OMP_NUM_THREADS", "1");
    this.process = builder.start();
    this.tasks = process.outputWriter();
    this.messages = process.inputReader();
    this.errorReader = new Thread(this::readErrors, "worker-errors");
    errorReader.setDaemon(true);
    errorReader.start();
  }

  private void readErrors() {
    try (BufferedReader lines = process.errorReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (errors) {
          errors.addLast(line);
          if (errors.size() > ERROR_LINES) {
            errors.removeFirst();
          }
        }
      }
    } catch (IOException e) {
      // The process has ended.
    }
  }

  /** A process that has ended does not mind: {@link #receive} tells. */
  void send(Message.Order order) {
    try {
      tasks.write(Message.text(order));
      tasks.newLine();
      tasks.flush();
    } catch (IOException e) {
      process.destroyForcibly();
    }
  }

  /** The next message; empty when the process has ended. Other lines on its output are left out. */
  Optional<Message> receive() {
    try {
      for (String line = messages.readLine(); line != null; line = messages.readLine()) {
        if (line.startsWith("{")) {
          return Optional.of(Message.of(line));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      // A process that was killed leaves half a line; one that writes nonsense is of no use.
      process.destroyForcibly();
    }
    return Optional.empty();
  }

  /** How the process ended, in one line. */
  String ending() throws InterruptedException {
    if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    errorReader.join(TimeUnit.SECONDS.toMillis(1));
    synchronized (errors) {
      String first = errors.stream().filter(line -> !line.isBlank()).findFirst().orElse("");
      return "worker ended with exit code %d%s"
          .formatted(process.exitValue(), first.isEmpty() ? "" : ": " + first);
    }
  }

  long pid() {
    return process.pid();
  }

  /** Ends the process at once; a file that it writes appears whole or not at all. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
