package io.rankfall.train.data;

import io.rankfall.compress.DecodedImage;
import io.rankfall.compress.ImageFolder;
import io.rankfall.train.DataFormatException;
import io.rankfall.train.InputShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Folders of images with a subfolder for each class: {@code train} and {@code test} (or {@code
 * val}) with the same classes, or one folder that is split. Classes are numbered in the order of
 * their names, or of their numbers if all names are numbers. If an image has colours, all have.
 */
final class ClassFolders {
  private static final int GRAY = 1;
  private static final int COLOURED = 3;

  private final Path path;
  private final @Nullable Integer side;

  private ClassFolders(Path path, @Nullable Integer side) {
    this.path = path;
    this.side = side;
  }

  /** An image file and its class. */
  private record Labelled(Path file, int label) {}

  /**
   * Reads all images.
   *
   * @param side to which the shorter side of all images is resized before their centre is cut out
   *     as a square; null for images that have one size
   * @throws DataFormatException in one line that names the first file that has another size, or
   *     that is damaged
   */
  static ImageSplit read(Path path, @Nullable Integer side) throws IOException {
    return new ClassFolders(path, side).read();
  }

  private ImageSplit read() throws IOException {
    Path train = path.resolve("train");
    Path test = path.resolve(Files.isDirectory(path.resolve("test")) ? "test" : "val");
    if (!Files.isDirectory(train) || !Files.isDirectory(test)) {
      List<ImageFolder.Label> classes = classes(ImageFolder.of(path));
      List<Labelled> all = labelled(ImageFolder.of(path), classes);
      StratifiedSplit split = StratifiedSplit.of(all.stream().mapToInt(Labelled::label).toArray());
      return split(chosen(all, split.train()), chosen(all, split.test()), classes.size());
    }
    ImageFolder training = ImageFolder.of(train);
    List<ImageFolder.Label> classes = classes(training);
    return split(
        labelled(training, classes), labelled(ImageFolder.of(test), classes), classes.size());
  }

  private static List<Labelled> chosen(List<Labelled> all, List<Integer> numbers) {
    return numbers.stream().map(all::get).toList();
  }

  private List<ImageFolder.Label> classes(ImageFolder folder) throws DataFormatException {
    List<ImageFolder.Label> classes =
        folder.classes().stream()
            .sorted(Comparator.comparingInt(ImageFolder.Label::number))
            .toList();
    if (classes.size() < 2) {
      throw new DataFormatException(
          "%s: expected images in subfolders for two classes or more, found %d"
              .formatted(folder.path(), classes.size()));
    }
    return classes;
  }

  /** The images of a folder, with the position of their class among {@code classes}. */
  private static List<Labelled> labelled(ImageFolder folder, List<ImageFolder.Label> classes)
      throws DataFormatException {
    Map<String, Integer> numbers =
        IntStream.range(0, classes.size())
            .boxed()
            .collect(Collectors.toMap(i -> classes.get(i).name(), i -> i));
    List<Labelled> images = new ArrayList<>();
    for (ImageFolder.Image image : folder.images()) {
      String name = image.label().map(ImageFolder.Label::name).orElse("");
      Integer number = numbers.get(name);
      if (number == null) {
        throw new DataFormatException(
            "%s: expected classes that are trained on, found '%s'".formatted(folder.path(), name));
      }
      images.add(new Labelled(image.file(), number));
    }
    return images;
  }

  private ImageSplit split(List<Labelled> train, List<Labelled> test, int classes)
      throws IOException {
    if (test.isEmpty()) {
      throw new DataFormatException(
          "%s: expected two images of a class or more, found one of each".formatted(path));
    }
    for (int channels : List.of(GRAY, COLOURED)) {
      Optional<ImageSet> training = decoded("training images", train, channels);
      Optional<ImageSet> testing =
          training.isEmpty() ? training : decoded("test images", test, channels);
      if (training.isPresent() && testing.isPresent()) {
        return ImageSplit.of(training.get(), testing.get(), classes);
      }
    }
    throw new IllegalStateException("every image can have colours");
  }

  /** The images with so many channels; nothing if one needs more. */
  private Optional<ImageSet> decoded(String part, List<Labelled> images, int channels)
      throws IOException {
    InputShape shape = null;
    byte[] pixels = {};
    for (int i = 0; i < images.size(); i++) {
      Path file = images.get(i).file();
      DecodedImage image = DecodedImage.read(file);
      if (image.channels() > channels) {
        return Optional.empty();
      }
      image = channels == COLOURED ? image.coloured() : image;
      image = side == null ? image : image.square(side);
      InputShape found = new InputShape(channels, image.height(), image.width());
      if (shape == null) {
        shape = found;
        Limit.require(path + ": " + part, (long) shape.size() * images.size());
        pixels = new byte[shape.size() * images.size()];
      }
      if (!found.equals(shape)) {
        throw new DataFormatException(
            "%s: expected an image of %dx%d, as %s is, found %dx%d; a size (--size) makes them equal"
                .formatted(
                    file,
                    shape.height(),
                    shape.width(),
                    images.get(0).file(),
                    found.height(),
                    found.width()));
      }
      image.copyTo(pixels, i * shape.size());
    }
    int[] labels = images.stream().mapToInt(Labelled::label).toArray();
    return Optional.of(
        ImageSet.of(path + ": " + part, Objects.requireNonNull(shape), pixels, labels));
  }
}
