package io.rankfall.compress;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Examples to measure a model on.
 *
 * @param name where they come from, for reports
 * @param labels what the outputs should be, a row for each row of outputs; a class is its number
 */
public record LabelledInputs(String name, ModelInputs inputs, Optional<Rows> labels) {
  /** What arrays of labels are called; the first that there is counts. */
  private static final List<String> LABELS = List.of("labels", "label", "y");

  /** As {@link #read(Path, Set)}, for a model that has no input with a name of labels. */
  public static LabelledInputs read(Path path) throws IOException {
    return read(path, Set.of());
  }

  /**
   * Reads the files that {@link ModelInputs#read} reads. In an {@code npz} file the array {@code
   * labels}, else {@code label}, else {@code y} has the labels: a number for each example, or a row
   * of numbers, examples first. An {@code npy} file has none.
   *
   * @param inputs the names of the model's inputs; such arrays are no labels
   * @throws ModelFormatException if a file is damaged, its arrays count different examples, or only
   *     some files of a folder have labels
   */
  public static LabelledInputs read(Path path, Set<String> inputs) throws IOException {
    String name = path.toString();
    ModelInputs all = ModelInputs.read(path);
    Optional<String> array =
        LABELS.stream()
            .filter(label -> !inputs.contains(label))
            .filter(label -> all.parts().stream().anyMatch(p -> p.arrays().containsKey(label)))
            .findFirst();
    return array.isEmpty()
        ? new LabelledInputs(name, all, Optional.empty())
        : split(name, all.parts(), array.get());
  }

  private static LabelledInputs split(String name, List<ModelInputs.Batch> parts, String array)
      throws ModelFormatException {
    List<NdArray> labels = new ArrayList<>();
    List<Map<String, NdArray>> inputs = new ArrayList<>();
    for (ModelInputs.Batch part : parts) {
      Map<String, NdArray> rest = new LinkedHashMap<>(part.arrays());
      NdArray own = rest.remove(array);
      if (own == null || (!labels.isEmpty() && own.width() != labels.get(0).width())) {
        throw new ModelFormatException(
            name, array, "labels of one shape in every file", "other labels or none in some");
      }
      if (rest.isEmpty()) {
        throw new ModelFormatException(name, "arrays", "the model's inputs", array + " alone");
      }
      labels.add(own);
      inputs.add(rest);
    }
    Rows rows = rows(labels);
    requireFinite(name + ": " + array, rows);
    return new LabelledInputs(name, ModelInputs.named(inputs), Optional.of(rows));
  }

  private static Rows rows(List<NdArray> arrays) {
    FloatBuffer all = FloatBuffer.allocate(arrays.stream().mapToInt(NdArray::size).sum());
    arrays.forEach(array -> all.put(array.toFloats()));
    return Rows.owning(arrays.get(0).width(), all.array());
  }

  private static void requireFinite(String where, Rows labels) throws ModelFormatException {
    for (int i = 0; i < labels.count(); i++) {
      for (int j = 0; j < labels.width(); j++) {
        if (!Float.isFinite(labels.get(i, j))) {
          throw new ModelFormatException(
              where, "row " + i, "a finite number", labels.get(i, j) + "");
        }
      }
    }
  }
}
