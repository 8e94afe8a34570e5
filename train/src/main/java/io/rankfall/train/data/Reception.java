package io.rankfall.train.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;

/**
 * Appends what one answer of a server brings to a file, on the client's threads; nothing after it
 * is closed.
 */
final class Reception implements HttpResponse.BodyHandler<Void>, Closeable {
  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int NO_SUCH_RANGE = 416;

  private final PublishedFile file;
  private final FileChannel channel;
  private final TransferListener listener;
  private long received;
  private State state = State.OPEN;

  private enum State {
    OPEN,
    CLOSED
  }

  /** The other side has answered, and would answer the same again. */
  static final class Refusal extends IOException {
    private static final long serialVersionUID = 1;

    Refusal(String message) {
      super(message);
    }
  }

  Reception(PublishedFile file, FileChannel channel, TransferListener listener) {
    this.file = file;
    this.channel = channel;
    this.listener = listener;
  }

  /** Bytes so far, of this answer. */
  synchronized long received() {
    return received;
  }

  @Override
  public synchronized void close() {
    state = State.CLOSED;
  }

  @Override
  public synchronized HttpResponse.BodySubscriber<Void> apply(HttpResponse.ResponseInfo answer) {
    try {
      if (state == State.OPEN) {
        begin(answer);
      }
      return BodySubscribers.ofByteArrayConsumer(this::append);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void begin(HttpResponse.ResponseInfo answer) throws IOException {
    switch (answer.statusCode()) {
      case OK -> {
        channel.truncate(0);
        requireLength(answer);
      }
      case PARTIAL -> requireRange(answer);
      case NO_SUCH_RANGE -> {
        long from = channel.size();
        channel.truncate(0);
        throw new IOException("HTTP 416 for bytes from " + from);
      }
      case 408, 425, 429, 500, 502, 503, 504 ->
          throw new IOException("HTTP " + answer.statusCode());
      default ->
          throw new Refusal(
              "%s: expected HTTP 200, found %d".formatted(file.address(), answer.statusCode()));
    }
    channel.position(channel.size());
  }

  private void requireLength(HttpResponse.ResponseInfo answer) throws Refusal {
    long length = answer.headers().firstValueAsLong("Content-Length").orElse(file.bytes());
    if (length != file.bytes()) {
      throw otherLength(Long.toString(length));
    }
  }

  private Refusal otherLength(String found) {
    return new Refusal(
        "%s: expected %d bytes, found %s".formatted(file.address(), file.bytes(), found));
  }

  /** Whoever sends another part than the one asked for is asked for the whole. */
  private void requireRange(HttpResponse.ResponseInfo answer) throws IOException {
    long from = channel.size();
    String range = answer.headers().firstValue("Content-Range").orElse("none");
    if (!range.startsWith("bytes " + from + "-")) {
      channel.truncate(0);
      throw new IOException("bytes from %d asked for, range %s sent".formatted(from, range));
    }
    String of = range.substring(range.indexOf('/') + 1);
    if (!of.equals("*") && !of.equals(Long.toString(file.bytes()))) {
      throw otherLength(of);
    }
  }

  private synchronized void append(Optional<byte[]> chunk) {
    if (state == State.CLOSED || chunk.isEmpty()) {
      return;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(chunk.get());
      received += bytes.remaining();
      if (channel.position() + bytes.remaining() > file.bytes()) {
        channel.truncate(0);
        throw otherLength("more");
      }
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      listener.onBytes(file, channel.position());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
