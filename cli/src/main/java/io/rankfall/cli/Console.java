package io.rankfall.cli;

import java.io.PrintWriter;

/**
 * Where a command prints: results to standard output, progress and errors to standard error. On a
 * terminal the last line of standard error is a status line that is redrawn in place.
 */
final class Console {
  private static final long NANOS_BETWEEN_STATUS = 200_000_000L;
  private static final long NANOS_BETWEEN_LINES = 60_000_000_000L;
  private static final int TEXT_WIDTH = 98;
  private static final String INDENT = "  ";
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean terminal;
  private String status = "";
  private long statusAt;
  private long lineAt = System.nanoTime();
  private boolean interrupted;

  Console(PrintWriter out, PrintWriter err, boolean terminal) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  PrintWriter out() {
    return out;
  }

  PrintWriter err() {
    return err;
  }

  /** Whether a person watches standard error. */
  boolean terminal() {
    return terminal;
  }

  /** Prints a paragraph to standard output, indented and broken between words. */
  void paragraph(String text) {
    StringBuilder line = new StringBuilder(INDENT);
    for (String word : text.split(" ", -1)) {
      if (line.length() > INDENT.length() && line.length() + 1 + word.length() > TEXT_WIDTH) {
        out.println(line);
        line.setLength(INDENT.length());
      }
      line.append(line.length() == INDENT.length() ? "" : " ").append(word);
    }
    out.println(line);
  }

  /** A line of progress, above the status line. */
  synchronized void progress(String line) {
    err.println((status.isEmpty() ? "" : CLEAR_LINE) + line);
    err.print(status);
    err.flush();
  }

  /** Redraws the status line, at most five times a second; nothing elsewhere than on a terminal. */
  synchronized void status(String line) {
    long now = System.nanoTime();
    if (terminal && (status.isEmpty() || now - statusAt > NANOS_BETWEEN_STATUS)) {
      statusAt = now;
      status = line;
      err.print(CLEAR_LINE + line);
      err.flush();
    }
  }

  /** How far long work is: the status line of a terminal, a line a minute elsewhere. */
  synchronized void bar(String line) {
    status(line);
    long now = System.nanoTime();
    if (!terminal && now - lineAt > NANOS_BETWEEN_LINES) {
      lineAt = now;
      progress(line);
    }
  }

  /** Prints why the command failed; nothing after {@link #interrupted}. */
  synchronized void failure(String message) {
    endStatus();
    if (!interrupted) {
      err.println("rankfall: " + message);
      err.flush();
    }
  }

  /** The last line of an interrupted command: what fails while the process ends is no news. */
  synchronized void interrupted() {
    failure("interrupted; the files written so far are whole");
    interrupted = true;
  }

  /** Removes the status line. */
  synchronized void endStatus() {
    if (!status.isEmpty()) {
      err.print(CLEAR_LINE);
      err.flush();
      status = "";
    }
  }
}
