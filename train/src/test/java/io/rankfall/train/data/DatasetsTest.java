package io.rankfall.train.data;

import static io.rankfall.train.data.Published.cifar;
import static io.rankfall.train.data.Published.gzip;
import static io.rankfall.train.data.Published.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.InputShape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DatasetsTest {
  @TempDir private Path folder = Path.of("");

  static List<KnownDataset> known() {
    return KnownDataset.all();
  }

  static List<KnownDataset> published() {
    return KnownDataset.all().stream().filter(known -> !known.files().isEmpty()).toList();
  }

  private Dataset open(String name) throws IOException, InterruptedException {
    return Datasets.in(new DataFolder(folder)).open(name);
  }

  @Test
  void embeddedOnesNeedNoFiles() throws Exception {
    for (KnownDataset known :
        new KnownDataset[] {KnownDataset.FASHION_MNIST, KnownDataset.AUSTEN}) {
      Dataset data = open(known.label());
      assertThat(data.name()).isEqualTo(known.label());
      Contents contents = known.contents();
      assertThat(data.train().shape()).isEqualTo(contents.shape());
      assertThat(data.train().classes()).isEqualTo(contents.classes());
      assertThat(data.train().size()).isEqualTo(contents.train());
      assertThat(data.test().size()).isEqualTo(contents.test());
    }
  }

  @Test
  void fashionMnistWithABorderHasTheSameNumbersInside() throws Exception {
    Dataset data = open("fashion-mnist+pad32-100");
    Dataset bare = FashionMnist.load();

    assertThat(data.name()).isEqualTo("fashion-mnist+pad32-100");
    assertThat(data.train().size()).isEqualTo(100);
    assertThat(data.train().shape()).isEqualTo(new InputShape(1, 32, 32));
    float[] padded = data.train().inputs(99, 1);
    float[] image = bare.train().inputs(99, 1);
    for (int i = 0; i < 784; i++) {
      assertThat(padded[(i / 28 + 2) * 32 + i % 28 + 2]).isEqualTo(image[i]);
    }
    assertThat(padded[0]).isEqualTo(padded[1023]).isLessThan(-0.8f);
  }

  @ParameterizedTest
  @MethodSource("published")
  void missingFilesAreNamedWithTheirPlaceAndTheirAddress(KnownDataset known) {
    Datasets here = Datasets.in(new DataFolder(folder));

    assertThat(here.missing(known)).isEqualTo(known.files());
    String addresses =
        known.files().stream()
            .map(file -> file.address().toString())
            .collect(Collectors.joining(" and "));
    assertThatThrownBy(() -> here.open(known.label()))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: expected in %s the contents of %s, found nothing",
            known.label(), folder.resolve(known.label()), addresses);
  }

  @Test
  void unpackedFilesAreNotMissing() throws Exception {
    Datasets here = Datasets.in(new DataFolder(folder));
    write(folder, "cifar100/cifar-100-binary/train.bin", new byte[1]);
    assertThat(here.missing(KnownDataset.CIFAR100)).isEmpty();
    write(folder, "mnist/MNIST/raw/train-images-idx3-ubyte", new byte[1]);
    write(folder, "t10k-labels.idx1-ubyte", new byte[1]);
    assertThat(here.missing(KnownDataset.MNIST))
        .extracting(PublishedFile::name)
        .containsExactly("train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz");
  }

  @Test
  void aPackedFileMustBeThePublishedOne() throws Exception {
    byte[] other = gzip(Published.tar(Map.of("data_batch_1.bin", cifar(1, 1, 10, 1))));
    write(folder, "cifar10/cifar-10-binary.tar.gz", other);
    assertThatThrownBy(() -> open("cifar10"))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: expected SHA-256 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd, found %s",
            folder.resolve("cifar10/cifar-10-binary.tar.gz"), Hash.of(other));
  }

  @Test
  void unpackedFilesMustHaveAllExamples() throws Exception {
    for (int i = 1; i <= 5; i++) {
      write(folder, "cifar-10-batches-bin/data_batch_" + i + ".bin", cifar(2, 1, 10, i));
    }
    write(folder, "cifar-10-batches-bin/test_batch.bin", cifar(2, 1, 10, 6));
    assertThatThrownBy(() -> open("cifar10"))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("cifar10: expected 50000 training examples, found 10");
  }

  @ParameterizedTest
  @CsvSource({
    "cifar-10, cifar, cifar10",
    "MNIST, MNIST, mnist",
    "fashon-mnist, fashon-mnist, fashion-mnist"
  })
  void anUnknownNameListsTheKnownOnesAndTheNearest(String name, String base, String nearest) {
    assertThatThrownBy(() -> open(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "data set: expected one of fashion-mnist, mnist, cifar10, cifar100, svhn, austen, or a path, found '%s'; the nearest is %s",
            base, nearest);
  }

  @Test
  void aTextHasNoBorder() {
    assertThatThrownBy(() -> open("austen+pad32"))
        .hasMessage("data set austen+pad32: expected images to pad, found none");
  }

  @Test
  void onlyFoldersOfImagesAreResized() {
    for (String name : new String[] {"austen", "mnist", "fashion-mnist"}) {
      assertThatThrownBy(() -> open(name + "+size16"))
          .hasMessage(
              "data set %s+size16: expected a folder of images to resize, found another", name);
    }
  }

  @Test
  void contentsAreKnownWithoutTheFiles() throws Exception {
    Datasets here = Datasets.in(new DataFolder(folder));
    assertThat(here.contents("cifar100+pad36-1000"))
        .isEqualTo(new Contents(new InputShape(3, 36, 36), 100, 1000, 10_000, 49_000));
    assertThatThrownBy(() -> here.contents("cifar10-50001"))
        .hasMessage("examples: expected 1 to the 50000 of cifar10, found 50001");
    assertThatThrownBy(() -> here.contents("mnist+pad20"))
        .hasMessage("padding: expected at least the 28x28 of mnist, found 20");
  }

  @Test
  void aTextOfOnesOwnIsReadByItsPath() throws Exception {
    Path book = folder.resolve("book-7.txt");
    write(folder, "book-7.txt", Published.utf8("to be or not to be\n".repeat(100)));
    Dataset data = open(book.toString());

    assertThat(data.train().targets()).isEqualTo(64);
    assertThat(data.train().classes()).isEqualTo(8);
    assertThat(data.name()).isEqualTo(book.toString());
    assertThat(Datasets.in(new DataFolder(folder)).contents(book + "-3").train()).isEqualTo(3);
    write(folder, "data.csv", new byte[3]);
    assertThatThrownBy(() -> open(folder.resolve("data.csv").toString()))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            "%s: expected a folder, an npz file or a txt file, found another",
            folder.resolve("data.csv"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mnist",
        "mnist+pad32",
        "mnist-100",
        "fashion-mnist+pad32-100",
        "/a-3/b+c-5",
        "photos+size64+pad70-9"
      })
  void aNameIsReadAndWrittenAlike(String text) {
    assertThat(DatasetName.parse(text)).hasToString(text);
  }

  @Test
  void aNameIsTakenApartFromItsEnd() {
    assertThat(DatasetName.parse("fashion-mnist+pad32-100"))
        .isEqualTo(new DatasetName("fashion-mnist", null, 32, 100));
    assertThat(DatasetName.parse("a-3-4")).isEqualTo(new DatasetName("a-3", null, null, 4));
    assertThat(DatasetName.parse("a+pad")).isEqualTo(new DatasetName("a+pad", null, null, null));
    for (String wrong : new String[] {"", "a\nb"}) {
      assertThatThrownBy(() -> DatasetName.parse(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("\n");
    }
    assertThatThrownBy(() -> DatasetName.parse("a+pad0"))
        .hasMessage("padding: expected a side >= 1, found 0");
    assertThatThrownBy(() -> DatasetName.parse("a-0"))
        .hasMessage("examples: expected >= 1, found 0");
  }

  @ParameterizedTest
  @MethodSource("known")
  void whatIsKnownIsWhole(KnownDataset known) {
    assertThat(KnownDataset.named(known.label())).contains(known);
    assertThat(known.description()).isNotBlank();
    assertThat(known.licence()).isNotBlank();
    for (PublishedFile file : known.files()) {
      assertThat(file.sha256()).matches("[0-9a-f]{64}");
      assertThat(file.name()).isNotBlank();
      assertThat(file.bytes()).isPositive();
    }
  }

  @Test
  void theDataFolderIsTheUsersCacheOrWhatIsNamed() {
    Path home = Path.of("/home/u");
    assertThat(DataFolder.of(Map.of(), "Linux", home).path())
        .isEqualTo(Path.of("/home/u/.cache/rankfall/data"));
    assertThat(DataFolder.of(Map.of("XDG_CACHE_HOME", "/c"), "Linux", home).path())
        .isEqualTo(Path.of("/c/rankfall/data"));
    assertThat(DataFolder.of(Map.of("XDG_CACHE_HOME", "c"), "Linux", home).path())
        .isEqualTo(Path.of("/home/u/.cache/rankfall/data"));
    assertThat(DataFolder.of(Map.of("XDG_CACHE_HOME", "/c"), "Mac OS X", home).path())
        .isEqualTo(Path.of("/home/u/Library/Caches/rankfall/data"));
    assertThat(DataFolder.of(Map.of("LOCALAPPDATA", "/l"), "Windows 11", home).path())
        .isEqualTo(Path.of("/l/rankfall/data"));
    assertThat(DataFolder.of(Map.of(), "Windows 11", home).path())
        .isEqualTo(Path.of("/home/u/AppData/Local/rankfall/data"));
    assertThat(DataFolder.of(Map.of("RANKFALL_DATA", "d"), "Linux", home).path())
        .isEqualTo(Path.of("d"));
  }
}
