package io.rankfall.spark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Where tasks call the driver: who does not know the token of a worker awaited is sent away. */
final class Reception implements AutoCloseable {
  private static final int TOKEN_BYTES = 32;
  private static final int MILLIS_TO_SAY_TOKEN = 20_000;
  private static final int BACKLOG = 256;

  private final ServerSocket server;
  private final Runnable onCall;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, SparkLink> awaited = new ConcurrentHashMap<>();

  /**
   * @param onCall hears that a worker has called
   */
  Reception(InetAddress address, Runnable onCall) throws IOException {
    this.onCall = onCall;
    this.server = new ServerSocket(0, BACKLOG, address);
    Thread accepting = new Thread(this::accept, "rankfall-reception");
    accepting.setDaemon(true);
    accepting.start();
  }

  int port() {
    return server.getLocalPort();
  }

  /** A worker that will call with this token. */
  record Awaited(String token, SparkLink link) {}

  Awaited await() {
    byte[] bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    String token = HexFormat.of().formatHex(bytes);
    SparkLink link = new SparkLink(() -> awaited.remove(token));
    awaited.put(token, link);
    return new Awaited(token, link);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread greeting = new Thread(() -> greet(socket), "rankfall-greeting");
        greeting.setDaemon(true);
        greeting.start();
      } catch (IOException e) {
        // One caller less, or closed.
      }
    }
  }

  private void greet(Socket socket) {
    try {
      socket.setSoTimeout(MILLIS_TO_SAY_TOKEN);
      // Not buffered, and no longer than a token: callers are strangers until then.
      byte[] said = socket.getInputStream().readNBytes(2 * TOKEN_BYTES + 1);
      String token = new String(said, StandardCharsets.US_ASCII).strip();
      SparkLink link = awaited.remove(token);
      if (link == null) {
        socket.close();
      } else {
        onCall.run();
        link.connected(new SocketLines(socket));
      }
    } catch (IOException e) {
      try {
        socket.close();
      } catch (IOException gone) {
        // It is gone either way.
      }
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      // Nobody is awaited any more.
    }
  }
}
