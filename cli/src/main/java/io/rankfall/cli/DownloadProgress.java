package io.rankfall.cli;

import io.rankfall.train.data.PublishedFile;
import io.rankfall.train.data.TransferListener;
import org.jspecify.annotations.Nullable;

/** Shows how far the download of each file is. */
final class DownloadProgress implements TransferListener {
  private final Console console;
  private @Nullable PublishedFile file;
  private TimeLeft timeLeft = new TimeLeft(1);
  private long before;

  DownloadProgress(Console console) {
    this.console = console;
  }

  @Override
  public synchronized void onBytes(PublishedFile now, long bytes) {
    if (!now.equals(file)) {
      file = now;
      before = bytes;
      // The pace is that of what is still to come, not of what an earlier attempt has left.
      timeLeft = new TimeLeft((double) Math.max(1, now.bytes() - bytes));
      console.progress("fetching %s, %s".formatted(now.address(), megabytes(now.bytes())));
    }
    timeLeft.did((double) Math.max(0, bytes - before));
    before = bytes;
    console.bar(timeLeft.bar(now.name()));
  }

  /** For example {@code 162.2 MB}. */
  static String megabytes(long bytes) {
    return "%.1f MB".formatted(bytes / 1e6);
  }
}
