package io.rankfall.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.rankfall.train.DataFormatException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a server that fails as servers and networks do. */
final class DownloadTest {
  private static final byte[] CONTENT = Published.random(300_000, 1);

  private static final Download.Patience SHORT =
      new Download.Patience(
          Duration.ofSeconds(20), List.of(Duration.ofMillis(1), Duration.ofMillis(2)));

  @TempDir private Path folder = Path.of("");

  private final Deque<Answer> answers = new ArrayDeque<>();
  private final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch end = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  DownloadTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  }

  private interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  @BeforeEach
  void start() {
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst("Range");
          ranges.add(range == null ? "all" : range);
          Answer answer = answers.isEmpty() ? DownloadTest::whatIsAskedFor : answers.remove();
          try (exchange) {
            answer.to(exchange);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private static int from(HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    return range == null
        ? 0
        : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
  }

  private static void whatIsAskedFor(HttpExchange exchange) throws IOException {
    part(CONTENT.length).to(exchange);
  }

  /** What is asked for, but the connection ends after so many bytes. */
  private static Answer part(int most) {
    return exchange -> {
      int from = from(exchange);
      if (from > 0) {
        exchange
            .getResponseHeaders()
            .set(
                "Content-Range",
                "bytes %d-%d/%d".formatted(from, CONTENT.length - 1, CONTENT.length));
      }
      exchange.sendResponseHeaders(from > 0 ? 206 : 200, CONTENT.length - from);
      exchange.getResponseBody().write(CONTENT, from, Math.min(most, CONTENT.length - from));
      exchange.getResponseBody().flush();
    };
  }

  private static Answer status(int status) {
    return exchange -> exchange.sendResponseHeaders(status, -1);
  }

  private static Answer all(byte[] content) {
    return exchange -> {
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content);
    };
  }

  private PublishedFile file() {
    return new PublishedFile(
        URI.create("http://localhost:%d/some/set.bin".formatted(server.getAddress().getPort())),
        CONTENT.length,
        Hash.of(CONTENT));
  }

  private Path target() {
    return folder.resolve("set").resolve("set.bin");
  }

  private Path part() {
    return folder.resolve("set").resolve("set.bin.part");
  }

  private void fetch(Download.Patience patience) throws IOException, InterruptedException {
    new Download(patience, (file, bytes) -> {}).fetch(file(), target());
  }

  private void fetch() throws IOException, InterruptedException {
    fetch(SHORT);
  }

  private void requireArrived() throws IOException {
    assertThat(Files.readAllBytes(target())).isEqualTo(CONTENT);
    assertThat(part()).doesNotExist();
  }

  @Test
  void aFileArrivesWholeAndProgressEndsAtItsLength() throws Exception {
    List<Long> heard = new ArrayList<>();
    new Download(SHORT, (file, bytes) -> heard.add(bytes)).fetch(file(), target());

    requireArrived();
    assertThat(heard).isSorted().last().isEqualTo((long) CONTENT.length);
    assertThat(ranges).containsExactly("all");
  }

  @Test
  void anInterruptedTransferGoesOnWhereItStopped() throws Exception {
    // More failures than pauses, but each attempt brings something.
    answers.addAll(List.of(part(70_000), part(70_000), part(70_000), part(70_000)));
    fetch();

    requireArrived();
    assertThat(ranges)
        .containsExactly("all", "bytes=70000-", "bytes=140000-", "bytes=210000-", "bytes=280000-");
  }

  @Test
  void aLaterProcessGoesOnWithWhatIsThere() throws Exception {
    answers.addAll(List.of(part(100_000), status(503), status(503)));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(IOException.class)
        .hasMessage(
            "%s: expected 300000 bytes, found 100000 after 3 attempts (HTTP 503)",
            file().address());
    assertThat(target()).doesNotExist();
    assertThat(part()).hasSize(100_000);

    ranges.clear();
    fetch();
    requireArrived();
    assertThat(ranges).containsExactly("bytes=100000-");
  }

  @Test
  void aServerThatIgnoresRangesStartsAgain() throws Exception {
    Files.createDirectories(part().getParent());
    Files.write(part(), Arrays.copyOf(CONTENT, 1234));
    answers.add(all(CONTENT));
    fetch();

    requireArrived();
    assertThat(ranges).containsExactly("bytes=1234-");
  }

  @Test
  void aServerThatSendsAnotherRangeIsAskedForAll() throws Exception {
    Files.createDirectories(part().getParent());
    Files.write(part(), Arrays.copyOf(CONTENT, 1234));
    answers.add(
        exchange -> {
          exchange.getResponseHeaders().set("Content-Range", "bytes 0-99/300000");
          exchange.sendResponseHeaders(206, 100);
          exchange.getResponseBody().write(CONTENT, 0, 100);
        });
    fetch();

    requireArrived();
    assertThat(ranges).containsExactly("bytes=1234-", "all");
  }

  @Test
  void theRestOfAnotherFileIsFoundOutByTheHash() throws Exception {
    Files.createDirectories(part().getParent());
    Files.write(part(), new byte[5000]);
    fetch();

    requireArrived();
    assertThat(ranges).containsExactly("bytes=5000-", "all");
  }

  @ParameterizedTest
  @ValueSource(ints = {300_000, 300_001})
  void aRestAsLongAsTheFileOrLongerIsReplaced(int length) throws Exception {
    Files.createDirectories(part().getParent());
    Files.write(part(), new byte[length]);
    fetch();

    requireArrived();
    assertThat(ranges).containsExactly("all");
  }

  @Test
  void anotherContentIsRefusedByItsHash() {
    byte[] other = CONTENT.clone();
    other[150_000] ^= 1;
    answers.add(all(other));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: expected SHA-256 %s, found %s",
            file().address(), Hash.of(CONTENT), Hash.of(other));
    assertThat(target()).doesNotExist();
    assertThat(part()).doesNotExist();
  }

  @Test
  void anotherLengthIsRefusedAtOnce() {
    answers.add(all(new byte[10]));
    assertThatThrownBy(this::fetch)
        .hasMessage("%s: expected 300000 bytes, found 10", file().address());
    assertThat(ranges).hasSize(1);
  }

  @Test
  void bytesWithoutEndAreRefusedBeforeTheyFillTheDisk() {
    answers.add(
        exchange -> {
          // Without a length.
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream body = exchange.getResponseBody()) {
            while (true) {
              body.write(CONTENT);
            }
          }
        });
    assertThatThrownBy(this::fetch)
        .hasMessage("%s: expected 300000 bytes, found more", file().address());
    assertThat(part()).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 404, 410})
  void aServerThatHasNoSuchFileIsAskedOnce(int status) {
    answers.add(status(status));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(IOException.class)
        .hasMessage("%s: expected HTTP 200, found %d", file().address(), status);
    assertThat(ranges).hasSize(1);
  }

  @Test
  void aBusyServerIsAskedAgain() throws Exception {
    answers.addAll(List.of(status(503), status(429)));
    fetch();
    requireArrived();
    assertThat(ranges).hasSize(3);
  }

  @Test
  void aRedirectionIsFollowed() throws Exception {
    answers.add(
        exchange -> {
          exchange.getResponseHeaders().set("Location", "/elsewhere");
          exchange.sendResponseHeaders(302, -1);
        });
    fetch();
    requireArrived();
  }

  @Test
  void aSilentServerIsGivenUp() throws Exception {
    answers.add(
        exchange -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT, 0, 90_000);
          exchange.getResponseBody().flush();
          await();
        });
    answers.add(exchange -> await());
    fetch(
        new Download.Patience(
            Duration.ofMillis(400), List.of(Duration.ofMillis(1), Duration.ofMillis(1))));

    requireArrived();
    assertThat(ranges).containsExactly("all", "bytes=90000-", "bytes=90000-");
  }

  private void await() throws IOException {
    try {
      end.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void withoutANetworkTheAddressIsSaid() throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    URI address = URI.create("http://localhost:%d/set.bin".formatted(port));
    PublishedFile file = new PublishedFile(address, 10, Hash.of(new byte[10]));
    assertThatThrownBy(() -> new Download(SHORT, (f, bytes) -> {}).fetch(file, target()))
        .isInstanceOf(IOException.class)
        .hasMessage("%s: expected 10 bytes, found 0 after 2 attempts (no connection)", address);
  }

  @Test
  void anInterruptionEndsIt() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    answers.add(
        exchange -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT, 0, 90_000);
          exchange.getResponseBody().flush();
          begun.countDown();
          await();
        });
    List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    Thread thread =
        new Thread(
            () -> {
              try {
                fetch();
              } catch (IOException | InterruptedException e) {
                thrown.add(e);
              }
            });
    thread.start();
    begun.await();
    thread.interrupt();
    thread.join(20_000);

    assertThat(thread.isAlive()).isFalse();
    assertThat(thrown).singleElement().isInstanceOf(InterruptedException.class);
    assertThat(target()).doesNotExist();
  }

  @Test
  void whoeverComesSecondIsRefused() throws Exception {
    Files.createDirectories(part().getParent());
    try (FileChannel first =
            FileChannel.open(part(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = first.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(this::fetch)
          .isInstanceOf(IOException.class)
          .hasMessage(
              "%s: expected to be alone in downloading it, found another one at it", part());
    }
    fetch();
    requireArrived();
  }
}
