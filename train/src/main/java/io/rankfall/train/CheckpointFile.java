package io.rankfall.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.SafetensorsFile;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@link Checkpoint} as a safetensors file: {@code state.NAME} for the learner's tensors, {@code
 * spectra.LAYER} (epochs × singular values) for the measurements, all else as JSON in the metadata
 * beside a SHA-256 hash of everything.
 */
final class CheckpointFile {
  private static final int FORMAT_VERSION = 2;

  /** Checkpoints at the ends of epochs only, without validation examples. */
  private static final int EPOCH_ENDS_VERSION = 1;

  private static final String CONTENT = "rankfall.checkpoint";
  private static final String SHA256 = "rankfall.sha256";
  private static final String STATE = "state.";
  private static final String SPECTRA = "spectra.";

  private CheckpointFile() {}

  /** The metadata. */
  private record Content(
      int formatVersion,
      RunSpec spec,
      String dataSha256,
      Map<String, Double> scalars,
      List<Epoch> epochs,
      List<Layer> layers,
      PartialEpoch partial,
      double seconds) {}

  private record Epoch(
      double learningRate,
      @Nullable Evaluation training,
      @Nullable Evaluation validation,
      Evaluation test) {}

  private record Layer(String name, int rows, int cols) {}

  static void write(Path path, Checkpoint checkpoint) throws IOException {
    List<EpochRecord> epochs = checkpoint.epochs();
    List<Layer> layers =
        epochs.get(0).layers().stream()
            .map(l -> new Layer(l.name(), l.spectrum().rows(), l.spectrum().cols()))
            .toList();
    Map<String, Matrix> tensors = new TreeMap<>();
    checkpoint.state().tensors().forEach((name, values) -> tensors.put(STATE + name, values));
    for (int l = 0; l < layers.size(); l++) {
      tensors.put(SPECTRA + layers.get(l).name(), spectra(epochs, l));
    }
    String content =
        SpecJson.text(
            new Content(
                FORMAT_VERSION,
                checkpoint.spec(),
                checkpoint.dataSha256(),
                checkpoint.state().scalars(),
                epochs.stream()
                    .map(e -> new Epoch(e.learningRate(), e.training(), e.validation(), e.test()))
                    .toList(),
                layers,
                checkpoint.partial(),
                checkpoint.seconds()));
    Map<String, SafetensorsFile.Tensor> written = new TreeMap<>();
    tensors.forEach((name, values) -> written.put(name, SafetensorsFile.Tensor.of(values)));
    SafetensorsFile.write(
        path, written, Map.of(CONTENT, content, SHA256, sha256(content, tensors)));
  }

  private static Matrix spectra(List<EpochRecord> epochs, int layer) {
    int size = epochs.get(0).layers().get(layer).spectrum().size();
    return Matrix.filled(
        epochs.size(),
        size,
        values -> {
          for (int e = 0; e < epochs.size(); e++) {
            Spectrum spectrum = epochs.get(e).layers().get(layer).spectrum();
            for (int i = 0; i < size; i++) {
              values[e * size + i] = (float) spectrum.sigma(i);
            }
          }
        });
  }

  static Checkpoint read(Path path) throws IOException {
    SafetensorsFile file = SafetensorsFile.read(path);
    String json = file.metadata().get(CONTENT);
    if (json == null) {
      throw refused(path, "metadata", CONTENT, "none: not a checkpoint");
    }
    Map<String, Matrix> tensors = new TreeMap<>();
    for (SafetensorsFile.Entry entry : file.entries()) {
      tensors.put(entry.name(), matrix(path, file, entry));
    }
    if (!sha256(json, tensors).equals(file.metadata().get(SHA256))) {
      throw refused(path, "content", "the SHA-256 of the metadata", "another: damaged");
    }
    return checkpoint(path, content(path, json), tensors);
  }

  private static Content content(Path path, String json) throws IOException {
    try {
      JsonNode content = SpecJson.JSON.readTree(json);
      int version = content.path("formatVersion").asInt(-1);
      if (version == EPOCH_ENDS_VERSION && content instanceof ObjectNode old) {
        upgrade(old);
      } else if (version != FORMAT_VERSION) {
        throw refused(
            path,
            "format version",
            EPOCH_ENDS_VERSION + " or " + FORMAT_VERSION,
            Integer.toString(version));
      }
      return SpecJson.JSON.treeToValue(content, Content.class);
    } catch (JsonProcessingException e) {
      throw refused(path, CONTENT, "a checkpoint", e.getOriginalMessage());
    }
  }

  private static void upgrade(ObjectNode content) {
    content.putPOJO("partial", PartialEpoch.NONE);
    for (JsonNode epoch : content.path("epochs")) {
      if (epoch instanceof ObjectNode fields) {
        fields.putNull("validation");
      }
    }
  }

  private static Matrix matrix(Path path, SafetensorsFile file, SafetensorsFile.Entry entry)
      throws IOException {
    List<Long> shape = entry.shape();
    long most = Integer.MAX_VALUE - 8L;
    if (!entry.type().equals("F32")
        || shape.size() != 2
        || shape.stream().anyMatch(dim -> dim < 1 || dim > most)) {
      throw refused(
          path, "tensor " + entry.name(), "an F32 matrix", entry.type() + " " + entry.shape());
    }
    int rows = (int) (long) shape.get(0);
    int cols = (int) (long) shape.get(1);
    return Matrix.of(rows, cols, file.floats(entry));
  }

  private static Checkpoint checkpoint(Path path, Content content, Map<String, Matrix> tensors)
      throws IOException {
    try {
      Map<String, Matrix> state = new TreeMap<>();
      tensors.forEach(
          (name, values) -> {
            if (name.startsWith(STATE)) {
              state.put(name.substring(STATE.length()), values);
            }
          });
      List<EpochRecord> epochs = new ArrayList<>();
      for (int e = 0; e < content.epochs.size(); e++) {
        List<LayerSpectrum> layers = new ArrayList<>();
        for (Layer layer : content.layers) {
          layers.add(spectrum(layer, e, content.epochs.size(), tensors));
        }
        Epoch epoch = content.epochs.get(e);
        epochs.add(
            new EpochRecord(
                e, epoch.learningRate, epoch.training, epoch.validation, epoch.test, layers));
      }
      LearnerState learner = new LearnerState(state, content.scalars);
      return new Checkpoint(
          content.spec, content.dataSha256, learner, epochs, content.partial, content.seconds);
    } catch (IllegalArgumentException | NullPointerException e) {
      throw refused(path, CONTENT, "a checkpoint", String.valueOf(e.getMessage()));
    }
  }

  private static LayerSpectrum spectrum(
      Layer layer, int epoch, int epochs, Map<String, Matrix> tensors) {
    int size = Math.min(layer.rows, layer.cols);
    Matrix values = tensors.get(SPECTRA + layer.name);
    if (values == null || values.rows() != epochs || values.cols() != size) {
      throw new IllegalArgumentException(
          "spectra of %s: expected %dx%d, found others".formatted(layer.name, epochs, size));
    }
    double[] sigma = new double[size];
    for (int i = 0; i < size; i++) {
      sigma[i] = values.get(epoch, i);
    }
    return new LayerSpectrum(layer.name, Spectrum.of(layer.rows, layer.cols, sigma));
  }

  private static String sha256(String content, Map<String, Matrix> tensors) {
    MessageDigest hash = SpecJson.sha256();
    hash.update(content.getBytes(StandardCharsets.UTF_8));
    tensors.forEach(
        (name, matrix) -> {
          hash.update(
              "%s %dx%d"
                  .formatted(name, matrix.rows(), matrix.cols())
                  .getBytes(StandardCharsets.UTF_8));
          float[] values = matrix.toArray();
          ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES));
          bytes.asFloatBuffer().put(values);
          hash.update(bytes);
        });
    return HexFormat.of().formatHex(hash.digest());
  }

  private static ModelFormatException refused(
      Path path, String where, String expected, String found) {
    return new ModelFormatException(path.toString(), where, expected, found);
  }
}
