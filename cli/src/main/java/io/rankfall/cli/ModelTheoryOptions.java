package io.rankfall.cli;

import io.rankfall.compress.MatrixKind;
import io.rankfall.compress.ModelWeights;
import io.rankfall.compress.StoredMatrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.ResultsFile;
import io.rankfall.train.RunSpec;
import io.rankfall.train.data.Contents;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.theory.ModelTheory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What {@code theory} has to know of the training of a model file. */
final class ModelTheoryOptions {
  @Option(
      names = "--spec",
      paramLabel = "FILE",
      description =
          "Of a model file: the run.json of its training, in place of "
              + "--batch-size, --lr, --weight-decay and --steps.")
  private @Nullable Path spec;

  @Option(
      names = "--steps",
      paramLabel = "T",
      description =
          "Of a model file: steps of its training at the one rate --lr; of a schedule, give "
              + "--epochs and --examples.")
  private long steps;

  @Option(
      names = "--positions",
      paramLabel = "[GLOB=]R",
      converter = PositionsReader.class,
      description =
          "Of a model file: how often an example uses the matrices of such names, R: output positions of a "
              + "convolution, tokens of attention. May be repeated; without GLOB, of all other matrices. "
              + "1 for linear layers otherwise.")
  private List<Positions> positions = List.of();

  /**
   * How often an example uses some matrices.
   *
   * @param names null for all that no other names
   */
  private record Positions(@Nullable Glob names, int count) {
    boolean isOf(StoredMatrix matrix) {
      return names != null && (names.test(matrix.name()) || names.test(matrix.tensor()));
    }
  }

  /** Whether a path is a model, be it missing, and not a run's folder. */
  static boolean isModel(Path path) {
    String name = path.toString();
    return Files.isRegularFile(path)
        || ModelWeights.isSharded(path)
        || (!Files.exists(path) && (name.endsWith(".onnx") || name.endsWith(".safetensors")));
  }

  long steps() {
    return steps;
  }

  boolean isSpecGiven() {
    return spec != null;
  }

  boolean isGiven() {
    return spec != null || steps != 0 || !positions.isEmpty();
  }

  /**
   * What the spec's file says.
   *
   * @param given the number of training examples; 0 to go by the data set's name
   */
  ModelTheory.Settings settings(int given, List<Double> epsilons) throws IOException {
    RunSpec run = run();
    if (run == null) {
      throw new IllegalStateException("--spec: expected one, found none");
    }
    return UsageException.ifRefused(
        () ->
            ModelTheory.Settings.of(
                run.optimizer(),
                run.epochs(),
                run.batchSize(),
                given == 0 ? examples(run) : given,
                epsilons));
  }

  private @Nullable RunSpec run() throws IOException {
    return spec == null ? null : ResultsFile.readRun(spec).trainedSpec();
  }

  private static int examples(RunSpec run) {
    return Datasets.knownContents(run.dataset())
        .map(Contents::train)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--examples: expected how many examples of %s were trained on, found none"
                        .formatted(run.dataset())));
  }

  /** Looks at every matrix of a file, one after the other. */
  ModelTheory look(Path file, ModelTheory.Settings settings, Console console) throws IOException {
    Map<String, Integer> known = new HashMap<>();
    RunSpec run = run();
    if (run != null) {
      for (LayerGraph.Node node : run.architecture().graph().weighted()) {
        known.put(node.name() + ".weight", node.positions());
      }
    }
    List<ModelTheory.Layer> layers = new ArrayList<>();
    List<StoredMatrix> matrices = ModelWeights.open(file).matrices();
    requireUsed(file, matrices);
    for (StoredMatrix matrix : matrices) {
      console.status("%d/%d matrices".formatted(layers.size(), matrices.size()));
      layers.add(settings.layer(matrix.name(), spectrum(file, matrix), positions(matrix, known)));
    }
    console.endStatus();
    return settings.theory(file.toString(), layers);
  }

  /** A misspelt name would leave a matrix at another R without a word. */
  private void requireUsed(Path file, List<StoredMatrix> matrices) {
    for (Positions given : positions) {
      if (given.names != null && matrices.stream().noneMatch(given::isOf)) {
        throw new UsageException(
            "--positions: expected names of matrices of %s, found none that is %s"
                .formatted(file, given.names.text()));
      }
    }
  }

  private static Spectrum spectrum(Path file, StoredMatrix matrix) throws IOException {
    try {
      return matrix.read().spectrum();
    } catch (NonFiniteException e) {
      throw new IOException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private @Nullable Integer positions(StoredMatrix matrix, Map<String, Integer> known) {
    for (Positions given : positions) {
      if (given.isOf(matrix)) {
        return given.count;
      }
    }
    for (Positions given : positions) {
      if (given.names == null) {
        return given.count;
      }
    }
    Integer own = known.get(matrix.tensor());
    return own == null && matrix.kind() == MatrixKind.LINEAR ? Integer.valueOf(1) : own;
  }

  /** Reads {@code conv*=784} and {@code 784}. */
  static final class PositionsReader implements ITypeConverter<Positions> {
    @Override
    public Positions convert(String text) {
      int sign = text.lastIndexOf('=');
      try {
        int count = Integer.parseInt(text.substring(sign + 1));
        if (sign != 0 && count > 0) {
          return new Positions(sign < 0 ? null : new Glob(text.substring(0, sign)), count);
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new TypeConversionException(
          "expected R or GLOB=R with R >= 1, as conv1=576, found '%s'".formatted(text));
    }
  }
}
