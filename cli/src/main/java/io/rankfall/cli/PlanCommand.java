package io.rankfall.cli;

import io.rankfall.study.plan.Question;
import io.rankfall.study.plan.StudyPlan;
import io.rankfall.study.plan.Wish;
import io.rankfall.study.statistics.RunTable;
import io.rankfall.study.statistics.RunTable.RankMeasure;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.train.data.Contents;
import io.rankfall.train.data.FashionMnist;
import io.rankfall.train.plan.RankTarget;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = {
      "Tells which settings to train with for a rank.",
      "",
      "With STUDY, from measured runs: settings that reached the rank at the accuracy, what came nearest,",
      "and the weight decay that other batch sizes and learning rates need, with its uncertainty.",
      "With --layer, from the theorem (Galanti et al., arXiv 2206.05794): the µ*wd with which a layer's",
      "weights are within ε*‖W‖ of the rank, whatever the data. So much decay costs most or all of what a network",
      "learns; the answer says what was measured.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall plan ten-minutes.db --rank 64 --min-accuracy 0.88",
      "  rankfall plan mine.db --rank 40 --min-accuracy 0.87 --where net=784-10x100-10+bn",
      "  rankfall plan mine.db --rank 40 --batch-size 16 --lr 0.1,0.2",
      "  rankfall plan --layer 512x784 --rank 64 --epsilon 0.05 --batch-size 16",
      "  rankfall plan --layer 512x784 --rank 64 --batch-size 4 --lr 0.1      the weight decay",
      "  rankfall plan --layer 64x576 --rank 32 --batch-size 1 --positions 16 a convolution",
      "",
      "Exit code 1 when no setting reaches the rank at the accuracy, or no decay promises it."
    })
final class PlanCommand implements Callable<Integer> {
  private static final double EPSILON = 0.05;

  @Parameters(arity = "0..1", paramLabel = "STUDY", description = "A file, or a URL of PostgreSQL.")
  private @Nullable String study;

  @Option(
      names = "--rank",
      required = true,
      paramLabel = "R",
      description = "At most this. Of a study: as a mean over all layers but the last.")
  private double rank;

  @Option(
      names = "--batch-size",
      split = ",",
      paramLabel = "B",
      description = "Of a study: find a weight decay for these. Default: those of the runs.")
  private List<Integer> batchSizes = List.of();

  @Option(
      names = "--lr",
      split = ",",
      paramLabel = "MU",
      description = "The same of learning rates. With --layer: one, to get a weight decay for.")
  private List<Double> learningRates = List.of();

  @Option(
      names = "--min-accuracy",
      paramLabel = "SHARE",
      description = "Of a study: test accuracy, at least. Default: 0.")
  private @Nullable Double minAccuracy;

  @Option(
      names = "--where",
      paramLabel = "CONDITION",
      description = "Of a study: only these runs, as in 'rankfall runs'.")
  private List<RunFilter> filters = List.of();

  @Option(
      names = "--rule",
      paramLabel = "RULE",
      description = {
        "Of a study: HUNDREDTH counts singular values above 0.01·‖W‖F, THOUSANDTH above",
        "0.001·‖W‖F. Default: HUNDREDTH."
      })
  private @Nullable RankMeasure rule;

  @Option(
      names = "--layer",
      split = ",",
      converter = LayerShapes.class,
      paramLabel = "OUTxIN",
      description = "Ask the theorem about weight matrices of these shapes.")
  private List<LayerShape> layers = List.of();

  @Option(
      names = "--epsilon",
      paramLabel = "E",
      description = "With --layer: the distance to the rank, as a share of ‖W‖. Default: 0.05.")
  private @Nullable Double epsilon;

  @Option(
      names = "--weight-decay",
      paramLabel = "WD",
      description = "With --layer: get a learning rate for this.")
  private @Nullable Double weightDecay;

  @Option(
      names = "--positions",
      paramLabel = "R",
      description = {
        "With --layer: how often an example uses the weights. Output positions of a",
        "convolution, tokens of an attention projection. Default: 1."
      })
  private @Nullable Integer positions;

  @Option(
      names = "--examples",
      paramLabel = "N",
      description = "With --layer: training examples. Default: 60000, as Fashion-MNIST has.")
  private @Nullable Integer examples;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  private final Console console;

  PlanCommand(Console console) {
    this.console = console;
  }

  /** As picocli wants it. */
  static final class LayerShapes implements picocli.CommandLine.ITypeConverter<LayerShape> {
    @Override
    public LayerShape convert(String text) {
      return LayerShape.parse(text);
    }
  }

  @Override
  public Integer call() throws IOException {
    if ((study == null) == layers.isEmpty()) {
      throw new UsageException(
          "plan: expected STUDY or --layer OUTxIN, found %s"
              .formatted(study == null ? "neither" : "both"));
    }
    int exitCode = study == null ? fromTheorem() : fromRuns(study);
    console.out().flush();
    return exitCode;
  }

  private int fromTheorem() {
    refuse("STUDY", minAccuracy, "--min-accuracy");
    refuse("STUDY", rule, "--rule");
    refuse("STUDY", filters.isEmpty() ? null : filters, "--where");
    if (batchSizes.size() != 1) {
      throw new UsageException(
          "--batch-size: expected one with --layer, found " + batchSizes.size());
    }
    if (learningRates.size() > 1 || (!learningRates.isEmpty() && weightDecay != null)) {
      throw new UsageException("--lr and --weight-decay: expected one number of one of them");
    }
    if (rank != Math.rint(rank) || Math.abs(rank) > Integer.MAX_VALUE) {
      throw new UsageException("--rank: expected a whole number with --layer, found " + rank);
    }
    RankTarget target =
        UsageException.ifRefused(
            () ->
                new RankTarget(
                    (int) rank,
                    epsilon == null ? EPSILON : epsilon,
                    batchSizes.get(0),
                    positions == null ? 1 : positions));
    int all = examples == null ? FashionMnist.TRAIN_EXAMPLES : examples;
    if (all < 1) {
      throw new UsageException("--examples: expected >= 1, found " + all);
    }
    BoundAnswer answer =
        UsageException.ifRefused(
            () ->
                BoundAnswer.of(
                    target,
                    layers,
                    learningRates.isEmpty() ? null : learningRates.get(0),
                    weightDecay,
                    all));
    if (json) {
      console.out().println(answer.json());
    } else {
      BoundAnswerText.print(answer, console);
    }
    return answer.outcome() == BoundAnswer.Outcome.IMPOSSIBLE ? ExitCode.FINDING : ExitCode.OK;
  }

  private int fromRuns(String name) throws IOException {
    refuse("--layer", epsilon, "--epsilon");
    refuse("--layer", weightDecay, "--weight-decay");
    refuse("--layer", positions, "--positions");
    refuse("--layer", examples, "--examples");
    Question question =
        UsageException.ifRefused(
            () ->
                new Question(
                    new Wish(rank, minAccuracy == null ? 0 : minAccuracy),
                    batchSizes,
                    learningRates));
    @Nullable StudyPlan plan;
    try (StudyStore store = StudyStore.open(name, Opening.EXISTING)) {
      List<StoredRun> runs =
          store.runs().stream()
              .filter(run -> filters.stream().allMatch(filter -> filter.test(run)))
              .toList();
      plan = runs.isEmpty() ? null : plan(name, store, runs, question);
    }
    if (plan == null || plan.networks().isEmpty()) {
      throw new IOException(
          "%s: expected runs that have ended and learned something%s, found none of %d"
              .formatted(
                  name,
                  filters.isEmpty() ? "" : " among --where",
                  plan == null ? 0 : plan.runs().total()));
    }
    if (json) {
      console.out().println(plan.json());
    } else {
      new StudyPlanText(plan, console).print();
    }
    return plan.isReached() ? ExitCode.OK : ExitCode.FINDING;
  }

  private StudyPlan plan(String name, StudyStore store, List<StoredRun> runs, Question question)
      throws IOException {
    Map<String, Contents> contents;
    try {
      contents = StudyData.contents(runs);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "%s: expected its runs' data, to count examples, found them unreadable: %s"
              .formatted(name, e.getMessage()),
          e);
    }
    RunTable table =
        RunTable.of(
            runs,
            store.compressibilities(),
            rule == null ? RankMeasure.HUNDREDTH : rule,
            contents.values().iterator().next().test());
    Map<String, Integer> examples = new HashMap<>();
    contents.forEach((dataset, held) -> examples.put(dataset, held.train()));
    return StudyPlan.of(table, StudyPlan.trainings(runs, examples), question);
  }

  private static void refuse(String with, @Nullable Object found, String option) {
    if (found != null) {
      throw new UsageException("%s: expected with %s alone".formatted(option, with));
    }
  }
}
