package io.rankfall.study.sweep;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A {@link Worker} in a process of its own on this machine. */
final class WorkerProcess implements WorkerLink {
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

  @Override
  public void send(String line) {
    try {
      tasks.write(line);
      tasks.newLine();
      tasks.flush();
    } catch (IOException e) {
      process.destroyForcibly();
    }
  }

  @Override
  public Optional<String> receive() {
    try {
      return Optional.ofNullable(messages.readLine());
    } catch (IOException e) {
      process.destroyForcibly();
      return Optional.empty();
    }
  }

  @Override
  public Ending ending() throws InterruptedException {
    if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    errorReader.join(TimeUnit.SECONDS.toMillis(1));
    synchronized (errors) {
      String first = errors.stream().filter(line -> !line.isBlank()).findFirst().orElse("");
      return new Ending(
          Cause.CRASHED,
          "worker ended with exit code %d%s"
              .formatted(process.exitValue(), first.isEmpty() ? "" : ": " + first));
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
