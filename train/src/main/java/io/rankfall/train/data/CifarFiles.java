package io.rankfall.train.data;

import static java.util.Objects.requireNonNull;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.InputShape;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The binary version of CIFAR-10 and CIFAR-100: records of a label (CIFAR-100: a coarse and a fine
 * one, of which the fine one counts) and of 3×32×32 bytes, channel by channel, each row by row;
 * packed as one archive, which is read without being unpacked, or as a folder.
 *
 * @param labelBytes of a record, the last of which is the label
 * @param train names of files in their order
 */
record CifarFiles(String archive, int labelBytes, List<String> train, String test, int classes) {
  static final CifarFiles CIFAR10 =
      new CifarFiles(
          "cifar-10-binary.tar.gz",
          1,
          List.of(
              "data_batch_1.bin",
              "data_batch_2.bin",
              "data_batch_3.bin",
              "data_batch_4.bin",
              "data_batch_5.bin"),
          "test_batch.bin",
          10);

  static final CifarFiles CIFAR100 =
      new CifarFiles("cifar-100-binary.tar.gz", 2, List.of("train.bin"), "test.bin", 100);

  static final List<CifarFiles> BOTH = List.of(CIFAR10, CIFAR100);

  static final String CIFAR10_FOLDER = "cifar-10-batches-bin";
  static final String CIFAR100_FOLDER = "cifar-100-binary";

  private static final InputShape SHAPE = new InputShape(3, 32, 32);

  CifarFiles {
    train = List.copyOf(train);
  }

  /** Names of which one is there wherever such files are. */
  String[] oneOfThem() {
    return new String[] {archive, train.get(0)};
  }

  /** Whether such files are here. */
  boolean isIn(FolderFiles files) {
    return files.find(oneOfThem()) != null;
  }

  ImageSplit read(FolderFiles files) throws IOException {
    @Nullable Path packed = files.find(archive);
    Map<String, byte[]> content =
        packed == null ? unpacked(files) : ofArchive(files.verified(packed));
    return ImageSplit.of(
        images(files, content, train), images(files, content, List.of(test)), classes);
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(train);
    names.add(test);
    return names;
  }

  private Map<String, byte[]> unpacked(FolderFiles files) throws IOException {
    Map<String, byte[]> content = new HashMap<>();
    for (String name : names()) {
      content.put(name, Limit.read(files.require(name)));
    }
    return content;
  }

  /** The wanted files of an archive by their names, wherever in the archive they lie. */
  private Map<String, byte[]> ofArchive(Path packed) throws IOException {
    Map<String, byte[]> content = new HashMap<>();
    try (InputStream file = new BufferedInputStream(Files.newInputStream(packed));
        TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(file, 1 << 16))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
        if (!entry.isFile() || !names().contains(name)) {
          continue;
        }
        String place = packed + ": " + name;
        if (content.put(name, Limit.read(place, tar, entry.getSize())) != null) {
          throw new DataFormatException("%s: expected one file, found two".formatted(place));
        }
      }
    } catch (DataFormatException e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(packed, e);
    }
    for (String name : names()) {
      if (!content.containsKey(name)) {
        throw new DataFormatException(
            "%s: expected the file %s in it, found none".formatted(packed, name));
      }
    }
    return content;
  }

  private static DataFormatException damaged(Path packed, Exception why) {
    DataFormatException refusal =
        new DataFormatException(
            "%s: expected a complete tar.gz archive, found damage (%s)"
                .formatted(packed, why.getMessage()));
    refusal.initCause(why);
    return refusal;
  }

  /** Takes the files out of {@code content}, so that their memory can be had again. */
  private ImageSet images(FolderFiles files, Map<String, byte[]> content, List<String> names)
      throws DataFormatException {
    int record = labelBytes + SHAPE.size();
    int count = 0;
    for (String name : names) {
      int length = requireNonNull(content.get(name)).length;
      if (length == 0 || length % record != 0) {
        throw new DataFormatException(
            "%s: %s: expected records of %d bytes, found %d bytes"
                .formatted(files.what(), name, record, length));
      }
      count += length / record;
    }
    Limit.require(files.what(), (long) count * SHAPE.size());
    byte[] pixels = new byte[count * SHAPE.size()];
    int[] labels = new int[count];
    int image = 0;
    for (String name : names) {
      byte[] records = requireNonNull(content.remove(name));
      for (int at = 0; at < records.length; at += record) {
        labels[image] = records[at + labelBytes - 1] & 0xff;
        System.arraycopy(records, at + labelBytes, pixels, image * SHAPE.size(), SHAPE.size());
        image++;
      }
    }
    return ImageSet.of(files.what() + ": " + String.join(", ", names), SHAPE, pixels, labels);
  }
}
