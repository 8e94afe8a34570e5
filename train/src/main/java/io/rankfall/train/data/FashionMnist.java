package io.rankfall.train.data;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.InputShape;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;

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
    return images().dataset(NAME);
  }

  static ImageSplit images() throws IOException {
    Hash all = new Hash();
    for (File file : File.values()) {
      all.add(HexFormat.of().parseHex(file.sha256));
    }
    return ImageSplit.of(
        images(File.TRAIN_IMAGES, File.TRAIN_LABELS),
        images(File.TEST_IMAGES, File.TEST_LABELS),
        CLASSES,
        all.hex());
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

  private static ImageSet images(File images, File labels) throws IOException {
    return IdxFile.images(images.fileName, read(images))
        .labelled(IdxFile.labels(labels.fileName, read(labels)));
  }

  private static byte[] read(File file) throws IOException {
    return GzipFile.ofClassPath(FOLDER + file.fileName, file.sha256);
  }
}
