package io.rankfall.compress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Examples to run a model on: an array for each of its inputs, the first dimension of all counting
 * the examples. Sequences of different lengths are padded and carry a mask, or come in several
 * parts, each of one length.
 *
 * <p>The mask is an input whose name ends in {@code mask} and whose array is examples × positions,
 * 0 where an example is padded. Values of examples × positions × width inside the model are then
 * looked at only where it is not 0: padding counts neither in moments nor in distances.
 */
public final class ModelInputs {
  private static final String MASK = "mask";

  /** Stands for the name of the only input of a model. */
  private static final String ONLY = "";

  private final List<Map<String, NdArray>> parts;

  private ModelInputs(List<Map<String, NdArray>> parts) {
    this.parts = List.copyOf(parts);
  }

  /** Examples for a model with one input. */
  public static ModelInputs of(Rows rows) {
    return new ModelInputs(List.of(Map.of(ONLY, NdArray.of(rows))));
  }

  /**
   * Reads an {@code npy} file for a model with one input, an {@code npz} file whose arrays have the
   * names of the inputs, or a folder of such {@code npz} files, in the order of their names.
   *
   * @throws ModelFormatException if a file is damaged, its arrays count different examples, or all
   *     arrays together take more than half of the heap
   */
  public static ModelInputs read(Path path) throws IOException {
    InputFiles files = new InputFiles(Runtime.getRuntime().maxMemory() / 2);
    if (Files.isDirectory(path)) {
      return new ModelInputs(files.folder(path));
    }
    return new ModelInputs(
        List.of(
            path.toString().endsWith(".npz") ? files.npz(path) : Map.of(ONLY, files.npy(path))));
  }

  /** Examples for a model whose inputs have these names. */
  static ModelInputs named(Map<String, NdArray> arrays) {
    return new ModelInputs(List.of(arrays));
  }

  /** How many examples. */
  public int count() {
    return parts.stream().mapToInt(ModelInputs::count).sum();
  }

  /** The first {@code count} examples of the largest part, or all of it. */
  public ModelInputs sample(int count) {
    Map<String, NdArray> largest =
        parts.stream().max(Comparator.comparingInt(ModelInputs::count)).orElseThrow();
    return new ModelInputs(List.of(slice(largest, 0, Math.min(count, count(largest)))));
  }

  /** Exactly {@code count} examples of one length, the first ones again where there are fewer. */
  ModelInputs repeated(int count) {
    Map<String, NdArray> first = sample(count).parts.get(0);
    Map<String, NdArray> repeated = new LinkedHashMap<>();
    first.forEach((name, array) -> repeated.put(name, array.repeated(count)));
    return new ModelInputs(List.of(repeated));
  }

  /**
   * All examples together.
   *
   * @throws IllegalArgumentException if they come in parts of different lengths
   */
  Batch whole() {
    if (parts.size() != 1) {
      throw new IllegalArgumentException(
          "batch: expected examples of one length, found %d parts".formatted(parts.size()));
    }
    return new Batch(parts.get(0));
  }

  /** Examples that go through a model together. */
  record Batch(Map<String, NdArray> arrays) {
    int count() {
      return ModelInputs.count(arrays);
    }

    /** The array of an input, the only one whatever its name. */
    Optional<NdArray> of(String input) {
      return Optional.ofNullable(arrays.containsKey(ONLY) ? arrays.get(ONLY) : arrays.get(input));
    }

    /** How many positions of an example are no padding, if there is a mask. */
    OptionalInt positions(int example) {
      Optional<NdArray> mask = mask();
      if (mask.isEmpty()) {
        return OptionalInt.empty();
      }
      int width = mask.get().width();
      return OptionalInt.of(
          (int)
              IntStream.range(example * width, (example + 1) * width)
                  .filter(i -> mask.get().real(i) != 0)
                  .count());
    }

    @Override
    public String toString() {
      return arrays.entrySet().stream()
          .map(a -> (a.getKey() + " " + a.getValue()).strip())
          .sorted()
          .collect(Collectors.joining(", "));
    }

    boolean isNamed() {
      return !arrays.containsKey(ONLY);
    }

    Optional<NdArray> mask() {
      return arrays.entrySet().stream()
          .filter(a -> isMask(a.getKey()) && a.getValue().shape().size() == 2)
          .map(Map.Entry::getValue)
          .findFirst();
    }
  }

  static boolean isMask(String input) {
    return input.endsWith(MASK);
  }

  private static int count(Map<String, NdArray> part) {
    return part.values().iterator().next().count();
  }

  private static Map<String, NdArray> slice(Map<String, NdArray> part, int from, int to) {
    Map<String, NdArray> slices = new LinkedHashMap<>();
    part.forEach((name, array) -> slices.put(name, array.slice(from, to)));
    return slices;
  }

  /** The examples of each length together. */
  List<Batch> parts() {
    return parts.stream().map(Batch::new).toList();
  }

  /** How many examples the next batch may have. */
  @FunctionalInterface
  interface BatchSize {
    int next();
  }

  /** Batches in order, none across two parts. */
  void forEachBatch(BatchSize size, Consumer<Batch> consumer) {
    for (Map<String, NdArray> part : parts) {
      int to;
      for (int from = 0; from < count(part); from = to) {
        to = Math.min(count(part), from + size.next());
        consumer.accept(new Batch(slice(part, from, to)));
      }
    }
  }
}
