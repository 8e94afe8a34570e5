package io.rankfall.study;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.SafetensorsFile;
import io.rankfall.compress.SafetensorsFile.Entry;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.BatchNorm;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the network that {@link NetworkExport} wrote as {@code model.safetensors}. */
public final class NetworkFile {
  private final Path path;
  private final SafetensorsFile file;

  private NetworkFile(Path path, SafetensorsFile file) {
    this.path = path;
    this.file = file;
  }

  /**
   * The parameters, to the bit as they were exported.
   *
   * @throws ModelFormatException in one line, if a tensor is missing or has another shape
   */
  public static Network read(Path path, Mlp architecture) throws IOException {
    return new NetworkFile(path, SafetensorsFile.read(path)).network(architecture);
  }

  private Network network(Mlp architecture) throws IOException {
    List<Integer> widths = architecture.widths();
    List<Network.Layer> layers = new ArrayList<>();
    for (int l = 1; l < widths.size(); l++) {
      String name = "fc" + l;
      int outputs = widths.get(l);
      boolean norm =
          architecture.normalization() == Mlp.Normalization.BATCH && l < widths.size() - 1;
      layers.add(
          new Network.Layer(
              name,
              matrix(name + ".weight", List.of((long) outputs, (long) widths.get(l - 1))),
              row(name + ".bias", outputs),
              norm ? norm(name + ".norm", outputs) : null));
    }
    return new Network(architecture, layers);
  }

  private BatchNorm norm(String name, int width) throws IOException {
    return new BatchNorm(
        row(name + ".weight", width),
        row(name + ".bias", width),
        row(name + ".running_mean", width),
        row(name + ".running_var", width));
  }

  private Matrix row(String name, int width) throws IOException {
    return matrix(name, List.of((long) width));
  }

  /** A vector as a matrix of one row. */
  private Matrix matrix(String name, List<Long> shape) throws IOException {
    Entry entry =
        file.entries().stream().filter(e -> e.name().equals(name)).findFirst().orElse(null);
    if (entry == null || !entry.shape().equals(shape)) {
      throw new ModelFormatException(
          path.toString(),
          "tensor " + name,
          shape.toString(),
          entry == null ? "none" : entry.shape().toString());
    }
    int cols = Math.toIntExact(shape.get(shape.size() - 1));
    int rows = shape.size() == 1 ? 1 : Math.toIntExact(shape.get(0));
    return Matrix.of(rows, cols, file.floats(entry));
  }
}
