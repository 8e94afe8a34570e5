package io.rankfall.cli;

import io.rankfall.train.RunSpec;
import io.rankfall.train.data.FashionMnist;
import io.rankfall.train.theory.ModelTheory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The settings of the training of a model file. Options that they leave out are refused: who gives
 * one believes that the bounds are those of other settings.
 *
 * @param given the command line
 */
record TheoryOfModel(Path file, ParseResult given, ModelTheoryOptions model) {
  private static final List<String> ALWAYS = List.of("--epsilon", "--json", "--positions");
  private static final List<String> WITH_SPEC = List.of("--spec", "--examples");
  private static final List<String> STEP =
      List.of("--batch-size", "--lr", "--weight-decay", "--momentum", "--optimizer", "--clip-norm");
  private static final List<String> NEEDED = List.of("--batch-size", "--lr", "--weight-decay");
  private static final List<String> EPOCHS = List.of("--epochs", "--examples");
  private static final List<String> SCHEDULE =
      List.of("--milestones", "--decay-factor", "--cosine", "--cosine-floor", "--warmup-epochs");

  /**
   * By the spec's file, by a number of steps at one rate, or by epochs.
   *
   * @param examples 0 where they were not given
   */
  ModelTheory.Settings settings(SpecOptions options, int examples, List<Double> epsilons)
      throws IOException {
    if (model.isSpecGiven()) {
      requireOnly("a model file with --spec", Stream.of(WITH_SPEC));
      return model.settings(examples, epsilons);
    }
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
}
