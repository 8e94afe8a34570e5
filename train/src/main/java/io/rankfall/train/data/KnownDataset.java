package io.rankfall.train.data;

import io.rankfall.train.InputShape;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A data set that has a name; there are no others than the constants here. */
public final class KnownDataset {
  public static final KnownDataset FASHION_MNIST =
      new KnownDataset(
          FashionMnist.NAME,
          "clothes, 28x28 gray (Xiao, Rasul and Vollgraf, arXiv 1708.07747)",
          "MIT",
          new Contents(new InputShape(1, 28, 28), 10, FashionMnist.TRAIN_EXAMPLES, 10_000),
          List.of(),
          List.of(),
          files -> FashionMnist.images());

  public static final KnownDataset MNIST =
      new KnownDataset(
          "mnist",
          "handwritten digits, 28x28 gray (LeCun, Cortes and Burges)",
          "CC BY-SA 3.0 as is commonly stated; the publisher's page names none",
          new Contents(new InputShape(1, 28, 28), 10, 60_000, 10_000),
          List.of("", "MNIST/raw"),
          List.of(
              file(
                  "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz",
                  9_912_422,
                  "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
              file(
                  "https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz",
                  28_881,
                  "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
              file(
                  "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz",
                  1_648_877,
                  "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
              file(
                  "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz",
                  4_542,
                  "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6")),
          files -> ImageSplit.of(IdxFolder.train(files), IdxFolder.test(files), 10));

  public static final KnownDataset CIFAR10 =
      new KnownDataset(
          "cifar10",
          "objects, 32x32 colour (Krizhevsky, Learning Multiple Layers of Features, 2009)",
          "none stated; the publisher asks to cite the report",
          new Contents(new InputShape(3, 32, 32), 10, 50_000, 10_000),
          List.of("", CifarFiles.CIFAR10_FOLDER),
          List.of(
              file(
                  "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                  170_052_171,
                  "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")),
          CifarFiles.CIFAR10::read);

  public static final KnownDataset CIFAR100 =
      new KnownDataset(
          "cifar100",
          "objects of 100 fine classes, 32x32 colour (Krizhevsky 2009)",
          "none stated; the publisher asks to cite the report",
          new Contents(new InputShape(3, 32, 32), 100, 50_000, 10_000),
          List.of("", CifarFiles.CIFAR100_FOLDER),
          List.of(
              file(
                  "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                  168_513_733,
                  "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")),
          CifarFiles.CIFAR100::read);

  public static final KnownDataset SVHN =
      new KnownDataset(
          "svhn",
          "house numbers, cropped digits, 32x32 colour (Netzer et al. 2011)",
          "for non-commercial use only, says the publisher",
          new Contents(new InputShape(3, 32, 32), 10, 73_257, 26_032),
          List.of(""),
          List.of(
              file(
                  "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
                  182_040_794,
                  "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
              file(
                  "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
                  64_275_384,
                  "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b")),
          SvhnFiles::read);

  public static final KnownDataset AUSTEN =
      new KnownDataset(
          Austen.NAME,
          "the characters of Pride and Prejudice, 64 at a time (Austen 1813)",
          "public domain",
          new Contents(InputShape.flat(CharacterText.WINDOW), 75, 9_629, 1_069),
          List.of(),
          List.of(),
          null);

  private static final List<KnownDataset> ALL =
      List.of(FASHION_MNIST, MNIST, CIFAR10, CIFAR100, SVHN, AUSTEN);

  /** Reads images from their files. */
  @FunctionalInterface
  interface ImageReader {
    ImageSplit read(FolderFiles files) throws IOException;
  }

  private final String label;
  private final String description;
  private final String licence;
  private final Contents contents;
  private final List<String> folders;
  private final List<PublishedFile> files;
  private final @Nullable ImageReader reader;

  private KnownDataset(
      String label,
      String description,
      String licence,
      Contents contents,
      List<String> folders,
      List<PublishedFile> files,
      @Nullable ImageReader reader) {
    this.label = label;
    this.description = description;
    this.licence = licence;
    this.contents = contents;
    this.folders = folders;
    this.files = files;
    this.reader = reader;
  }

  private static PublishedFile file(String address, long bytes, String sha256) {
    return new PublishedFile(URI.create(address), bytes, sha256);
  }

  /** The one of a name, if it is known. */
  public static Optional<KnownDataset> named(String name) {
    return ALL.stream().filter(known -> known.label.equals(name)).findFirst();
  }

  /** All that there are. */
  public static List<KnownDataset> all() {
    return ALL;
  }

  /** What it is called: {@code cifar10}. */
  public String label() {
    return label;
  }

  /** What it is, by whom, in one line. */
  public String description() {
    return description;
  }

  /** Under which terms it is published, in a few words. */
  public String licence() {
    return licence;
  }

  /** Shape and counts. */
  public Contents contents() {
    return contents;
  }

  /** The files it is read from; none if it comes with this library. */
  public List<PublishedFile> files() {
    return files;
  }

  /** What reads its images; null for a text. */
  @Nullable ImageReader reader() {
    return reader;
  }

  @Override
  public String toString() {
    return label;
  }

  /** Where its files may lie within a folder, unpacked ones included. */
  List<String> folders() {
    return folders;
  }
}
