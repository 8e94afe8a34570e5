package io.rankfall.compress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/**
 * What weights a model file holds and where: no number is read yet, so files may be larger than
 * memory.
 *
 * @param parameters numbers in the floating-point tensors that the model uses
 * @param matrices in the order of the file
 * @param attention attention layers found by the graph or by the names of weights
 * @param skipped tensors of two dimensions or more that are not read as matrices, with the reason
 */
public record ModelWeights(
    long parameters,
    List<StoredMatrix> matrices,
    List<AttentionBlock> attention,
    List<SkippedWeight> skipped) {

  public ModelWeights {
    matrices = List.copyOf(matrices);
    attention = List.copyOf(attention);
    skipped = List.copyOf(skipped);
  }

  /**
   * Opens a model: safetensors by the extension {@code .safetensors}, several of them by their
   * index {@code NAME.index.json} or a folder with {@code model.safetensors.index.json}, else ONNX.
   *
   * @throws ModelFormatException in one line, if the file is damaged or names data outside its
   *     folder
   */
  public static ModelWeights open(Path path) throws IOException {
    return SafetensorsSource.isNamed(path)
        ? SafetensorsWeights.of(SafetensorsSource.open(path))
        : OnnxWeights.read(path);
  }

  /** Whether the path is a folder with safetensors files and their index. */
  public static boolean isSharded(Path path) {
    return SafetensorsSource.isSharded(path);
  }

  /**
   * Only what the filter wants. Shares stay those of the whole model.
   *
   * @param wanted is asked for the names of matrices and of tensors; one of them suffices
   */
  public ModelWeights matching(Predicate<String> wanted) {
    List<StoredMatrix> left =
        matrices.stream().filter(m -> wanted.test(m.name()) || wanted.test(m.tensor())).toList();
    return new ModelWeights(
        parameters,
        left,
        attention.stream()
            .filter(
                block ->
                    left.contains(block.query().matrix()) || left.contains(block.value().matrix()))
            .toList(),
        skipped.stream().filter(s -> wanted.test(s.name())).toList());
  }

  /** What an inspection takes in multiplications, about. */
  public double work() {
    return matrices.stream().mapToDouble(StoredMatrix::work).sum()
        + attention.stream().mapToDouble(AttentionBlock::work).sum();
  }
}
