package io.rankfall.compress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The image files of a folder, or of its subfolders, one for each class. Classes take turns, so
 * that the first images are of all of them; those of one class come in the order of their names.
 *
 * @param classes the subfolders in the order of their labels, empty if there are none
 * @param ignored how many other files there are
 */
public record ImageFolder(Path path, List<Image> images, List<Label> classes, int ignored) {
  public ImageFolder {
    images = List.copyOf(images);
    classes = List.copyOf(classes);
  }

  /** A file and its class, if there are classes. */
  public record Image(Path file, Optional<Label> label) {}

  /** A class. */
  public record Label(int number, String name) {
    @Override
    public String toString() {
      return number + " = " + name;
    }
  }

  /** Whether images are to be expected here: a folder without {@code npz} files. */
  static boolean is(Path path) throws IOException {
    return Files.isDirectory(path)
        && list(path, file -> file.toString().endsWith(".npz")).isEmpty();
  }

  /**
   * Looks at the names of the files.
   *
   * @throws ModelFormatException in one line, if there are no images, or some beside subfolders of
   *     images
   */
  public static ImageFolder of(Path path) throws IOException {
    List<Path> own = list(path, ImageFolder::isVisibleFile);
    List<Path> subfolders = list(path, file -> Files.isDirectory(file) && !isHidden(file));
    List<Path> direct = own.stream().filter(ImageFile::isNamed).toList();
    int ignored = own.size() - direct.size();
    List<List<Image>> byClass = new ArrayList<>();
    List<Label> classes = labels(subfolders);
    for (int i = 0; i < subfolders.size(); i++) {
      List<Path> files = list(subfolders.get(i), ImageFolder::isVisibleFile);
      Optional<Label> label = Optional.of(classes.get(i));
      byClass.add(files.stream().filter(ImageFile::isNamed).map(f -> new Image(f, label)).toList());
      ignored += files.size() - byClass.get(i).size();
    }
    List<Image> labelled = inTurns(byClass);
    if (direct.isEmpty() == labelled.isEmpty()) {
      throw new ModelFormatException(
          path.toString(),
          "folder",
          "npz files, images, or subfolders of images",
          direct.isEmpty() ? "none" : "images and subfolders of images");
    }
    return direct.isEmpty()
        ? new ImageFolder(path, labelled, classes, ignored)
        : new ImageFolder(
            path,
            direct.stream().map(file -> new Image(file, Optional.empty())).toList(),
            List.of(),
            ignored);
  }

  private static boolean isVisibleFile(Path file) {
    return Files.isRegularFile(file) && !isHidden(file);
  }

  private static boolean isHidden(Path file) {
    return file.getFileName().toString().startsWith(".");
  }

  private static List<Path> list(Path folder, Predicate<Path> wanted) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(wanted)
          .sorted(Comparator.comparing(file -> file.getFileName().toString()))
          .toList();
    }
  }

  /** Names that are all numbers are the labels; else the position in the order of the names is. */
  private static List<Label> labels(List<Path> subfolders) {
    List<String> names = subfolders.stream().map(f -> f.getFileName().toString()).toList();
    boolean numbers = names.stream().allMatch(name -> name.matches("[0-9]{1,6}"));
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      labels.add(new Label(numbers ? Integer.parseInt(names.get(i)) : i, names.get(i)));
    }
    return labels;
  }

  private static List<Image> inTurns(List<List<Image>> byClass) {
    int most = byClass.stream().mapToInt(List::size).max().orElse(0);
    List<Image> all = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      for (List<Image> images : byClass) {
        if (i < images.size()) {
          all.add(images.get(i));
        }
      }
    }
    return all;
  }

  /** The class of each image, if there are classes. */
  Optional<Rows> labels() {
    if (classes.isEmpty()) {
      return Optional.empty();
    }
    float[] numbers = new float[images.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = images.get(i).label().orElseThrow().number();
    }
    return Optional.of(Rows.owning(1, numbers));
  }
}
