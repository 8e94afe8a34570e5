package io.rankfall.cli;

import io.rankfall.compress.MatrixKind;
import io.rankfall.compress.ModelWeights;
import io.rankfall.compress.StoredMatrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.ResultsFile;
import io.rankfall.study.RunFiles;
import io.rankfall.train.RunSpec;
import io.rankfall.train.data.Contents;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.data.FashionMnist;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.theory.ModelTheory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Holds a model file against the bounds of its training: of a spec's, or of settings that are
 * given. Options that these leave out are refused: who gives one believes that the bounds are those
 * of other settings.
 *
 * @param given the command line
 */
record ModelCheck(Path file, ParseResult given, ModelTheoryOptions model) {
  private static final List<String> ALWAYS = List.of("--epsilon", "--json", "--positions");
  private static final List<String> WITH_SPEC = List.of("--spec", "--examples");
  private static final List<String> STEP =
      List.of("--batch-size", "--lr", "--weight-decay", "--momentum", "--optimizer", "--clip-norm");
  private static final List<String> NEEDED = List.of("--batch-size", "--lr", "--weight-decay");
  private static final List<String> EPOCHS = List.of("--epochs", "--examples");
  private static final List<String> SCHEDULE =
      List.of("--milestones", "--decay-factor", "--cosine", "--cosine-floor", "--warmup-epochs");

  /** Whether a path is a model, be it missing, and not a run's folder. */
  static boolean isModel(Path path) {
    String name = path.toString();
    return Files.isRegularFile(path)
        || ModelWeights.isSharded(path)
        || (!Files.exists(path) && (name.endsWith(".onnx") || name.endsWith(".safetensors")));
  }

  /**
   * Looks at every matrix of the file, one after the other.
   *
   * @param examples 0 where they were not given
   */
  ModelTheory theory(SpecOptions options, int examples, List<Double> epsilons, Console console)
      throws IOException {
    RunSpec spec = trainedSpec();
    ModelTheory.Settings settings =
        spec == null
            ? givenSettings(options, examples, epsilons)
            : settings(spec, examples, epsilons);
    Map<String, Integer> known = spec == null ? Map.of() : positions(spec);
    List<StoredMatrix> matrices = ModelWeights.open(file).matrices();
    requireUsed(matrices);
    List<ModelTheory.Layer> layers = new ArrayList<>();
    for (StoredMatrix matrix : matrices) {
      console.status("%d/%d matrices".formatted(layers.size(), matrices.size()));
      layers.add(settings.layer(matrix.name(), spectrum(matrix), positions(matrix, known)));
    }
    console.endStatus();
    return settings.theory(file.toString(), layers);
  }

  private @Nullable RunSpec trainedSpec() throws IOException {
    Path path = model.spec();
    if (path == null) {
      return null;
    }
    requireOnly("a model file with --spec", Stream.of(WITH_SPEC));
    Path run = Files.isDirectory(path) ? path.resolve(RunFiles.RUN) : path;
    return ResultsFile.readRun(run).trainedSpec();
  }

  private ModelTheory.Settings settings(RunSpec spec, int examples, List<Double> epsilons) {
    return UsageException.ifRefused(
        () ->
            ModelTheory.Settings.of(
                spec.optimizer(),
                spec.epochs(),
                spec.batchSize(),
                examples == 0 ? examples(spec) : examples,
                epsilons));
  }

  private static int examples(RunSpec spec) {
    return Datasets.knownContents(spec.dataset())
        .map(Contents::train)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--examples: expected how many examples of %s were trained on, found none"
                        .formatted(spec.dataset())));
  }

  /** By a number of steps at one rate, or by epochs. */
  private ModelTheory.Settings givenSettings(
      SpecOptions options, int examples, List<Double> epsilons) {
    boolean constant = given.hasMatchedOption("--steps");
    require(NEEDED);
    if (constant) {
      requireOnly(
          "a model file with --steps, a constant rate", Stream.of(List.of("--steps"), STEP));
    } else {
      require(EPOCHS);
      requireOnly("a model file", Stream.of(STEP, EPOCHS, SCHEDULE));
    }
    return UsageException.ifRefused(
        () -> {
          RunSpec spec = options.spec(FashionMnist.NAME, FashionMnist.SHAPE, FashionMnist.CLASSES);
          return constant
              ? ModelTheory.Settings.constant(
                  spec.optimizer(), model.steps(), spec.batchSize(), epsilons)
              : ModelTheory.Settings.of(
                  spec.optimizer(), spec.epochs(), spec.batchSize(), examples, epsilons);
        });
  }

  private void require(List<String> needed) {
    for (String option : needed) {
      if (!given.hasMatchedOption(option)) {
        throw new UsageException(
            "%s: expected --spec, or %s and --steps or %s beside it, found no %s"
                .formatted(
                    file,
                    String.join(", ", NEEDED),
                    String.join(" with ", EPOCHS),
                    needed.equals(EPOCHS) ? "--steps and no " + option : option));
      }
    }
  }

  private void requireOnly(String beside, Stream<List<String>> allowed) {
    Set<String> known =
        Stream.concat(Stream.of(ALWAYS), allowed).flatMap(List::stream).collect(Collectors.toSet());
    for (OptionSpec option : given.matchedOptions()) {
      String name = option.longestName();
      if (!known.contains(name)) {
        throw new UsageException(
            "%s: expected no option that changes nothing, found it beside %s"
                .formatted(name, beside));
      }
    }
  }

  /** R of a spec's own matrices, by their tensors' names. */
  private static Map<String, Integer> positions(RunSpec spec) {
    Map<String, Integer> known = new HashMap<>();
    for (LayerGraph.Node node : spec.architecture().graph().weighted()) {
      known.put(node.name() + ".weight", node.positions());
    }
    return known;
  }

  private @Nullable Integer positions(StoredMatrix matrix, Map<String, Integer> known) {
    Integer unnamed = null;
    for (ModelTheoryOptions.Positions said : model.positions()) {
      if (said.isOf(matrix)) {
        return said.count();
      } else if (said.names() == null && unnamed == null) {
        unnamed = said.count();
      }
    }
    if (unnamed != null) {
      return unnamed;
    }
    Integer own = known.get(matrix.tensor());
    return own == null && matrix.kind() == MatrixKind.LINEAR ? Integer.valueOf(1) : own;
  }

  /** A misspelt name would leave a matrix at another R without a word. */
  private void requireUsed(List<StoredMatrix> matrices) {
    for (ModelTheoryOptions.Positions said : model.positions()) {
      Glob names = said.names();
      if (names != null && matrices.stream().noneMatch(said::isOf)) {
        throw new UsageException(
            "--positions: expected names of matrices of %s, found none that is %s"
                .formatted(file, names.text()));
      }
    }
  }

  private Spectrum spectrum(StoredMatrix matrix) throws IOException {
    try {
      return matrix.read().spectrum();
    } catch (NonFiniteException e) {
      throw new IOException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }
}
