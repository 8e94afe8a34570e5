package io.rankfall.spark;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Lines over a connection, both ways. Each side says an empty line every few seconds, so that the
 * other sees when its machine is gone, which closes nothing.
 */
final class SocketLines implements AutoCloseable {
  private static final long MILLIS_BETWEEN_BEATS = 10_000;

  /** What a machine may be silent for, under load or while it collects garbage. */
  private static final int MOST_SILENT_MILLIS = 60_000;

  private final Socket socket;
  private final BufferedReader reader;
  private final Writer writer;
  private final Thread heart;

  /** Owns the socket. */
  SocketLines(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(MOST_SILENT_MILLIS);
    socket.setTcpNoDelay(true);
    this.reader =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    this.writer =
        new BufferedWriter(
            new OutputStreamWriter(socket.getOutputStream(), StandardCharsets.UTF_8));
    this.heart = new Thread(this::beat, "rankfall-heartbeat");
    heart.setDaemon(true);
    heart.start();
  }

  private void beat() {
    try {
      while (!socket.isClosed()) {
        Thread.sleep(MILLIS_BETWEEN_BEATS);
        write("");
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /** A connection that is gone does not mind: {@link #read} tells. */
  void write(String line) {
    synchronized (writer) {
      try {
        writer.write(line);
        writer.write('\n');
        writer.flush();
      } catch (IOException e) {
        close();
      }
    }
  }

  /** The next line that is not empty; none when the connection is gone. */
  Optional<String> read() {
    try {
      String line = reader.readLine();
      while (line != null && line.isEmpty()) {
        line = reader.readLine();
      }
      return Optional.ofNullable(line);
    } catch (IOException e) {
      close();
      return Optional.empty();
    }
  }

  /** The other side's address. */
  String peer() {
    return socket.getInetAddress().getHostAddress();
  }

  @Override
  public void close() {
    heart.interrupt();
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
