package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
    return known.files().stream().filter(file -> files.find(alternatives(file)) == null).toList();
  }

  /** The names under which a file, or what is in it, may lie in a folder. */
  private static String[] alternatives(PublishedFile file) {
    for (CifarFiles cifar : CifarFiles.BOTH) {
      if (cifar.archive().equals(file.name())) {
        return cifar.oneOfThem();
      }
    }
    return file.name().contains("-idx") ? IdxFolder.names(file.name()) : new String[] {file.name()};
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

  /** As {@link #fetch(KnownDataset, TransferListener)}, of a data set's full name. */
  public void fetch(String name, TransferListener progress)
      throws IOException, InterruptedException {
    Optional<KnownDataset> known = KnownDataset.named(parts(name).base());
    if (known.isPresent()) {
      fetch(known.get(), progress);
    }
  }

  /** Which files belong where, and where they come from. */
  private String missingText(KnownDataset known, List<PublishedFile> files) {
    return "%s: expected in %s the contents of %s, found nothing"
        .formatted(
            known.label(),
            folder.of(known),
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
    DatasetName parts = parts(name);
    // Refuses before anything is fetched.
    knownContents(name);
    KnownDataset known = KnownDataset.named(parts.base()).orElse(null);
    if (known != null) {
      requireThere(known);
    }
    return open(parts, known);
  }

  /**
   * What a data set of a name holds. Known ones need not be there; of others all is read.
   *
   * @throws IllegalArgumentException in one line, if nothing has this name, or there are fewer
   *     examples
   * @throws DataFormatException in one line, if a file is missing or damaged
   */
  public Contents contents(String name) throws IOException {
    Optional<Contents> known = knownContents(name);
    if (known.isPresent()) {
      return known.get();
    }
    DatasetName parts = parts(name);
    return Contents.of(open(parts.withoutCount(), null)).of(parts);
  }

  /**
   * What a data set of a name holds, if it is a known one.
   *
   * @throws IllegalArgumentException in one line, if it has fewer examples or no borders
   */
  public static Optional<Contents> knownContents(String name) {
    DatasetName parts = parts(name);
    Optional<KnownDataset> known = KnownDataset.named(parts.base());
    if (known.isPresent()) {
      requireNoSize(parts);
    }
    if (known.isPresent() && known.get().reader() == null) {
      requireNoPadding(parts);
    }
    return known.map(set -> set.contents().of(parts));
  }

  private static DatasetName parts(String name) {
    return Files.exists(Path.of(name)) && KnownDataset.named(name).isEmpty()
        ? DatasetName.whole(name)
        : DatasetName.parse(name);
  }

  private Dataset open(DatasetName name, @Nullable KnownDataset known) throws IOException {
    Dataset all = all(name, known);
    return name.examples() == null ? all : all.first(name.examples());
  }

  private Dataset all(DatasetName name, @Nullable KnownDataset known) throws IOException {
    Path path = Path.of(name.base());
    if (known != null) {
      requireNoSize(name);
      KnownDataset.ImageReader reader = known.reader();
      return reader == null ? Austen.load() : images(name, images(known, reader));
    }
    if (!Files.exists(path)) {
      throw unknown(name);
    }
    if (Files.isDirectory(path)) {
      return images(name, ofFolder(path, name));
    }
    requireNoSize(name);
    if (name.base().endsWith(".npz")) {
      NpzArrays arrays = NpzArrays.read(path);
      if (arrays.areImages()) {
        return images(name, arrays.images());
      }
      requireNoPadding(name);
      return arrays.numbers(name.ofAll());
    }
    if (name.base().endsWith(".txt")) {
      requireNoPadding(name);
      byte[] text = Limit.read(path);
      return CharacterText.of(name.base(), text).dataset(name.ofAll(), Hash.of(text));
    }
    throw new DataFormatException(
        "%s: expected a folder, an npz file or a txt file, found another".formatted(path));
  }

  private static Dataset images(DatasetName name, ImageSplit images) throws DataFormatException {
    Integer side = name.pad();
    return (side == null ? images : images.padded(side)).dataset(name.ofAll());
  }

  private static void requireNoPadding(DatasetName name) {
    if (name.pad() != null) {
      throw new IllegalArgumentException(
          "data set %s: expected images to pad, found none".formatted(name));
    }
  }

  private static void requireNoSize(DatasetName name) {
    if (name.size() != null) {
      throw new IllegalArgumentException(
          "data set %s: expected a folder of images to resize, found another".formatted(name));
    }
  }

  private void requireThere(KnownDataset known) throws IOException, InterruptedException {
    List<PublishedFile> missing = missing(known);
    if (!missing.isEmpty()) {
      if (listener == null) {
        throw new DataFormatException(missingText(known, missing));
      }
      fetch(known, listener);
    }
  }

  private ImageSplit images(KnownDataset known, KnownDataset.ImageReader reader)
      throws IOException {
    FolderFiles files = folder.files(known);
    ImageSplit images = reader.read(files);
    Contents contents = known.contents();
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

  private static ImageSplit ofFolder(Path path, DatasetName name) throws IOException {
    FolderFiles files =
        FolderFiles.of(path, List.of("", CifarFiles.CIFAR10_FOLDER, CifarFiles.CIFAR100_FOLDER));
    boolean cifar = CifarFiles.BOTH.stream().anyMatch(kind -> kind.isIn(files));
    if (!cifar && !SvhnFiles.isIn(files) && !IdxFolder.isIn(files)) {
      return ClassFolders.read(path, name.size());
    }
    requireNoSize(name);
    for (CifarFiles kind : CifarFiles.BOTH) {
      if (kind.isIn(files)) {
        return kind.read(files);
      }
    }
    if (SvhnFiles.isIn(files)) {
      return SvhnFiles.read(files);
    }
    ImageSet train = IdxFolder.train(files);
    return ImageSplit.of(train, IdxFolder.test(files), train.classes());
  }

  /**
   * The known one of a name.
   *
   * @throws IllegalArgumentException in one line with the nearest, if there is none
   */
  public static KnownDataset known(String name) {
    return KnownDataset.named(name).orElseThrow(() -> unknown(DatasetName.whole(name)));
  }

  private static IllegalArgumentException unknown(DatasetName name) {
    List<String> known = KnownDataset.all().stream().map(KnownDataset::label).toList();
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
