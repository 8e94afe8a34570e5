package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Opens data sets by the names that runs have them under: {@link KnownDataset known} ones and paths
 * of one's own, each with {@code +pad32} for a border around the images and {@code -1000} for the
 * first thousand training examples.
 */
public final class Datasets {
  private final DataFolder folder;

  private Datasets(DataFolder folder) {
    this.folder = folder;
  }

  /** Those whose files are there. */
  public static Datasets in(DataFolder folder) {
    return new Datasets(folder);
  }

  /**
   * Reads a data set.
   *
   * @param name as {@link DatasetName} describes it; a path that exists as a whole is taken as it
   *     is
   * @throws IllegalArgumentException in one line, if nothing has this name, or there are fewer
   *     examples
   * @throws DataFormatException in one line, if a file is missing or damaged
   */
  public Dataset open(String name) throws IOException {
    DatasetName parts =
        Files.exists(Path.of(name)) && KnownDataset.named(name).isEmpty()
            ? new DatasetName(name, null, null)
            : DatasetName.parse(name);
    Dataset all = all(parts);
    return parts.examples() == null ? all : all.first(parts.examples());
  }

  private Dataset all(DatasetName name) throws IOException {
    @Nullable KnownDataset known = KnownDataset.named(name.base()).orElse(null);
    if (known == KnownDataset.AUSTEN) {
      requireNoPadding(name);
      return Austen.load();
    }
    ImageSplit images = known == null ? images(Path.of(name.base()), name) : images(known);
    return (name.pad() == null ? images : images.padded(name.pad())).dataset(name.ofAll());
  }

  private static void requireNoPadding(DatasetName name) {
    if (name.pad() != null) {
      throw new IllegalArgumentException(
          "data set %s: expected images to pad, found a text".formatted(name));
    }
  }

  private ImageSplit images(KnownDataset known) throws IOException {
    FolderFiles files = folder.files(known);
    ImageSplit images =
        switch (known) {
          case FASHION_MNIST -> FashionMnist.images();
          case MNIST ->
              ImageSplit.of(
                  IdxFolder.train(files), IdxFolder.test(files), known.contents().classes());
          case CIFAR10 -> CifarFiles.CIFAR10.read(files);
          case CIFAR100 -> CifarFiles.CIFAR100.read(files);
          case SVHN, AUSTEN -> throw new IllegalStateException(known + " is read elsewhere");
        };
    KnownDataset.Contents contents = known.contents();
    requireCount(known, "training", contents.train(), images.train().size());
    requireCount(known, "test", contents.test(), images.test().size());
    return images;
  }

  /** Unpacked files have no published hash, but they may be cut. */
  private static void requireCount(KnownDataset known, String part, int expected, int found)
      throws DataFormatException {
    if (found != expected) {
      throw new DataFormatException(
          "%s: expected %d %s examples, found %d".formatted(known.label(), expected, part, found));
    }
  }

  private static ImageSplit images(Path path, DatasetName name) throws IOException {
    if (!Files.exists(path)) {
      throw unknown(name);
    }
    FolderFiles files =
        FolderFiles.of(path, List.of("", CifarFiles.CIFAR10_FOLDER, CifarFiles.CIFAR100_FOLDER));
    for (CifarFiles cifar : CifarFiles.values()) {
      if (cifar.isIn(files)) {
        return cifar.read(files);
      }
    }
    if (IdxFolder.isIn(files)) {
      ImageSet train = IdxFolder.train(files);
      return ImageSplit.of(train, IdxFolder.test(files), train.classes());
    }
    throw new DataFormatException(
        "%s: expected files of MNIST, CIFAR or SVHN, found none".formatted(path));
  }

  private static IllegalArgumentException unknown(DatasetName name) {
    List<String> known = Arrays.stream(KnownDataset.values()).map(KnownDataset::label).toList();
    String base = name.base().toLowerCase(Locale.ROOT);
    String nearest =
        known.stream()
            .min(Comparator.comparingInt(label -> edits(label, base)))
            .filter(label -> edits(label, base) <= Math.max(2, label.length() / 3))
            .map(label -> "; did you mean %s?".formatted(label))
            .orElse("");
    return new IllegalArgumentException(
        "data set: expected %s, or a path, found '%s'%s"
            .formatted(String.join(", ", known), name.base(), nearest));
  }

  /** How many letters must be put in, left out or changed to make the one of the other. */
  static int edits(String one, String other) {
    int[] row = new int[other.length() + 1];
    Arrays.setAll(row, j -> j);
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[other.length()];
  }
}
