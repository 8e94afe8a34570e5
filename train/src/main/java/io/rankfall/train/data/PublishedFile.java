package io.rankfall.train.data;

import java.net.URI;

/**
 * A file as its publisher has it.
 *
 * @param address where it is published
 * @param bytes how many it has
 * @param sha256 as TensorFlow Datasets publishes it ({@code url_checksums})
 */
public record PublishedFile(URI address, long bytes, String sha256) {

  /** The last part of the address. */
  public String name() {
    String path = address.getPath();
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
