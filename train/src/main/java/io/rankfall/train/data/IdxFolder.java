package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The four files of MNIST and its relatives, packed or not. */
final class IdxFolder {
  private IdxFolder() {}

  /** Whether such files are here. */
  static boolean isIn(FolderFiles files) {
    return found(files, "train-images", 3) != null;
  }

  static ImageSet train(FolderFiles files) throws IOException {
    return images(files, "train");
  }

  static ImageSet test(FolderFiles files) throws IOException {
    return images(files, "t10k");
  }

  private static ImageSet images(FolderFiles files, String part) throws IOException {
    Path images = require(files, part + "-images", 3);
    Path labels = require(files, part + "-labels", 1);
    return IdxFile.images(images.toString(), read(files, images))
        .labelled(IdxFile.labels(labels.toString(), read(files, labels)));
  }

  /** As published, unpacked, or with the point that some programs unpack to. */
  private static String[] names(String start, int dimensions) {
    return new String[] {
      "%s-idx%d-ubyte.gz".formatted(start, dimensions),
      "%s-idx%d-ubyte".formatted(start, dimensions),
      "%s.idx%d-ubyte".formatted(start, dimensions)
    };
  }

  /** As {@link #names(String, int)}, of the published name of a file. */
  static String[] names(String published) {
    int dash = published.lastIndexOf("-idx");
    return names(published.substring(0, dash), published.charAt(dash + 4) - '0');
  }

  private static @Nullable Path found(FolderFiles files, String start, int dimensions) {
    return files.find(names(start, dimensions));
  }

  private static Path require(FolderFiles files, String start, int dimensions)
      throws DataFormatException {
    return files.require(names(start, dimensions));
  }

  private static byte[] read(FolderFiles files, Path file) throws IOException {
    byte[] content = Limit.read(files.verified(file));
    return file.toString().endsWith(".gz") ? GzipFile.unzip(file.toString(), content) : content;
  }
}
