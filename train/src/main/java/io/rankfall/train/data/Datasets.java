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
import java.util.stream.Collectors;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;

/**
 * Opens data sets by the names that runs have them under: {@link KnownDataset known} ones and paths
 * of one's own, each with {@code +pad32} for a border around the images and {@code -1000} for the
 * first thousand training examples.
 */
public final class Datasets {
  private final DataFolder folder;
  private final @Nullable TransferListener listener;

  private Datasets(DataFolder folder, @Nullable TransferListener listener) {
    this.folder = folder;
    this.listener = listener;
  }

  /** Those whose files are there. */
  public static Datasets in(DataFolder folder) {
    return new Datasets(folder, null);
  }

  /** The same, with files that are missing fetched from where they are published. */
  public Datasets downloading(TransferListener progress) {
    return new Datasets(folder, progress);
  }

  /** The files of a known data set that are not there, unpacked ones counted as there. */
  public List<PublishedFile> missing(KnownDataset known) {
    FolderFiles files = folder.files(known);
    return known.files().stream()
        .filter(file -> files.find(alternatives(known, file)) == null)
        .toList();
  }

  /** The names under which a file, or what is in it, may lie in a folder. */
  private static String[] alternatives(KnownDataset known, PublishedFile file) {
    return switch (known) {
      case MNIST -> IdxFolder.names(file.name());
      case CIFAR10 -> CifarFiles.CIFAR10.oneOfThem();
      case CIFAR100 -> CifarFiles.CIFAR100.oneOfThem();
      case FASHION_MNIST, SVHN, AUSTEN -> new String[] {file.name()};
    };
  }

  /**
   * Fetches the files of a known data set that are not there.
   *
   * @throws IOException in one line that says which files to put where, if one cannot be had
   */
  public void fetch(KnownDataset known, TransferListener progress)
      throws IOException, InterruptedException {
    Download download = new Download(Download.Patience.DEFAULT, progress);
    for (PublishedFile file : missing(known)) {
      try {
        download.fetch(file, folder.of(known).resolve(file.name()));
      } catch (IOException e) {
        throw new IOException(
            "%s; %s".formatted(e.getMessage(), missingText(known, missing(known))), e);
      }
    }
  }

  /** Which files belong where, and where they come from. */
  private String missingText(KnownDataset known, List<PublishedFile> files) {
    return "%s: expected in %s what %s published at %s, found nothing"
        .formatted(
            known.label(),
            folder.of(known),
            files.size() == 1 ? "is" : "are",
            files.stream()
                .map(file -> file.address().toString())
                .collect(Collectors.joining(" and ")));
  }

  /**
   * Reads a data set.
   *
   * @param name as {@link DatasetName} describes it; a path that exists as a whole is taken as it
   *     is
   * @throws IllegalArgumentException in one line, if nothing has this name, or there are fewer
   *     examples
   * @throws DataFormatException in one line, if a file is missing or damaged
   * @throws InterruptedException if the thread was interrupted while files were fetched
   */
  public Dataset open(String name) throws IOException, InterruptedException {
    DatasetName parts =
        Files.exists(Path.of(name)) && KnownDataset.named(name).isEmpty()
            ? new DatasetName(name, null, null)
            : DatasetName.parse(name);
    Dataset all = all(parts);
    return parts.examples() == null ? all : all.first(parts.examples());
  }

  private Dataset all(DatasetName name) throws IOException, InterruptedException {
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

  private ImageSplit images(KnownDataset known) throws IOException, InterruptedException {
    List<PublishedFile> missing = missing(known);
    if (!missing.isEmpty()) {
      if (listener == null) {
        throw new DataFormatException(missingText(known, missing));
      }
      fetch(known, listener);
    }
    FolderFiles files = folder.files(known);
    ImageSplit images =
        switch (known) {
          case FASHION_MNIST -> FashionMnist.images();
          case MNIST ->
              ImageSplit.of(
                  IdxFolder.train(files), IdxFolder.test(files), known.contents().classes());
          case CIFAR10 -> CifarFiles.CIFAR10.read(files);
          case CIFAR100 -> CifarFiles.CIFAR100.read(files);
          case SVHN -> SvhnFiles.read(files);
          case AUSTEN -> throw new IllegalStateException("a text is read elsewhere");
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
    if (SvhnFiles.isIn(files)) {
      return SvhnFiles.read(files);
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
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    String nearest =
        known.stream()
            .min(Comparator.comparingInt(label -> distance.apply(label, base)))
            .orElseThrow();
    return new IllegalArgumentException(
        "data set: expected one of %s, or a path, found '%s'; the nearest is %s"
            .formatted(String.join(", ", known), name.base(), nearest));
  }
}
