package io.rankfall.train;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv 1708.07747): 60,000 training and 10,000 test
 * images of 28×28 grey values in 10 classes, from the original files on the class path.
 */
public final class FashionMnist {
  public static final String NAME = "fashion-mnist";

  public static final int TRAIN_EXAMPLES = 60_000;

  public static final int CLASSES = 10;

  /** Of an image. */
  public static final InputShape SHAPE = new InputShape(1, 28, 28);

  private static final String FOLDER = "/io/rankfall/fashionmnist/";

  private enum File {
    TRAIN_IMAGES(
        "train-images-idx3-ubyte.gz",
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7"),
    TRAIN_LABELS(
        "train-labels-idx1-ubyte.gz",
        "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056"),
    TEST_IMAGES(
        "t10k-images-idx3-ubyte.gz",
        "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa"),
    TEST_LABELS(
        "t10k-labels-idx1-ubyte.gz",
        "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05");

    private final String fileName;
    private final String sha256;

    File(String fileName, String sha256) {
      this.fileName = fileName;
      this.sha256 = sha256;
    }
  }

  private FashionMnist() {}

  /**
   * Reads the data; grey values are standardised with the mean and standard deviation of all
   * training pixels.
   *
   * @throws DataFormatException if a file is not the original one
   */
  public static Dataset load() throws IOException {
    IdxFile.Images train = images(File.TRAIN_IMAGES);
    IdxFile.Images test = images(File.TEST_IMAGES);
    Standardization standardization =
        Standardization.of(new InputShape(1, train.rows(), train.cols()), train.pixels());
    MessageDigest all = sha256();
    for (File file : File.values()) {
      all.update(HexFormat.of().parseHex(file.sha256));
    }
    return new Dataset(
        NAME,
        examples(train, labels(File.TRAIN_LABELS), standardization),
        examples(test, labels(File.TEST_LABELS), standardization),
        HexFormat.of().formatHex(all.digest()));
  }

  /** The names of the classes, by label. */
  public static List<String> classNames() {
    return List.of(
        "T-shirt",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot");
  }

  private static IdxFile.Images images(File file) throws IOException {
    return IdxFile.images(file.fileName, read(file));
  }

  private static byte[] labels(File file) throws IOException {
    return IdxFile.labels(file.fileName, read(file));
  }

  private static byte[] read(File file) throws IOException {
    byte[] compressed;
    try (InputStream in = FashionMnist.class.getResourceAsStream(FOLDER + file.fileName)) {
      if (in == null) {
        throw new DataFormatException(
            "%s: expected on the class path in %s, found nothing".formatted(file.fileName, FOLDER));
      }
      compressed = in.readAllBytes();
    }
    return unzip(file.fileName, compressed, file.sha256);
  }

  /**
   * The content of a gzip file whose own SHA-256 is known.
   *
   * @throws DataFormatException if it has another hash or is no gzip file
   */
  static byte[] unzip(String name, byte[] compressed, String expectedSha256) throws IOException {
    String found = HexFormat.of().formatHex(sha256().digest(compressed));
    if (!found.equals(expectedSha256)) {
      throw new DataFormatException(
          "%s: expected SHA-256 %s, found %s".formatted(name, expectedSha256, found));
    }
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
      return in.readAllBytes();
    } catch (EOFException | ZipException e) {
      DataFormatException refusal =
          new DataFormatException(
              "%s: expected a complete gzip file, found %d other bytes"
                  .formatted(name, compressed.length));
      refusal.initCause(e);
      throw refusal;
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static Examples examples(
      IdxFile.Images images, byte[] labels, Standardization standardization) {
    return Examples.ofPixels(
            new InputShape(1, images.rows(), images.cols()),
            images.pixels(),
            standardization,
            Labels.ofBytes(CLASSES, labels))
        .unpacked();
  }
}
