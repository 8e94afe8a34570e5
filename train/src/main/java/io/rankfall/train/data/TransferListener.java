package io.rankfall.train.data;

/** Hears how far a download is. */
@FunctionalInterface
public interface TransferListener {
  /**
   * More of a file has arrived.
   *
   * @param bytes of the file that are here, those of an earlier attempt included
   */
  void onBytes(PublishedFile file, long bytes);
}
