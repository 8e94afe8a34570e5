package io.rankfall.compress;

import io.rankfall.spectra.WeightMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The weight matrices of a model file and their spectra.
 *
 * @param parameters numbers in the floating-point tensors of the file
 * @param skipped the weights that were not looked at, with the reason
 */
public record Inspection(
    Format format, long parameters, List<InspectedMatrix> matrices, List<SkippedWeight> skipped) {

  /** The file formats that are read. */
  public enum Format {
    ONNX,
    SAFETENSORS
  }

  public Inspection {
    matrices = List.copyOf(matrices);
    skipped = List.copyOf(skipped);
  }

  /**
   * Inspects a file: safetensors by its extension {@code .safetensors}, else ONNX. Of a safetensors
   * file one matrix at a time is in memory.
   *
   * @throws ModelFormatException in one line, if the file is damaged
   * @throws io.rankfall.spectra.NonFiniteException naming the matrix, if a weight is NaN or
   *     infinite
   */
  public static Inspection of(Path path) throws IOException {
    return path.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors")
        ? of(SafetensorsFile.read(path))
        : of(OnnxModel.read(path));
  }

  /** Inspects a model in memory. */
  public static Inspection of(OnnxModel model) {
    long parameters = model.parameters();
    return new Inspection(
        Format.ONNX,
        parameters,
        model.layers().stream().map(layer -> inspected(layer.weight(), parameters)).toList(),
        model.skipped());
  }

  /** Inspects a safetensors file. */
  public static Inspection of(SafetensorsFile file) throws IOException {
    long parameters = file.parameters();
    List<InspectedMatrix> matrices = new ArrayList<>();
    List<SkippedWeight> skipped = new ArrayList<>();
    for (SafetensorsFile.Entry entry : file.entries()) {
      if (entry.obstacle().isEmpty()) {
        matrices.add(inspected(file.matrix(entry), parameters));
      } else if (entry.shape().size() >= 2) {
        skipped.add(
            new SkippedWeight(
                ModelFormatException.oneLine(entry.name()),
                Tensors.shape(entry.shape()),
                entry.obstacle().get()));
      }
    }
    return new Inspection(Format.SAFETENSORS, parameters, matrices, skipped);
  }

  private static InspectedMatrix inspected(WeightMatrix weight, long parameters) {
    return new InspectedMatrix(
        weight.name(),
        weight.matrix().rows(),
        weight.matrix().cols(),
        weight.matrix().size() / (double) parameters,
        weight.spectrum());
  }
}
