package io.rankfall.compress;

import static java.util.stream.Collectors.joining;

import io.rankfall.compress.CompressionReport.LayerCost;
import io.rankfall.compress.CompressionReport.OnData;
import io.rankfall.compress.GoalSearch.Found;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One {@link Compression} as it happens: the search when this is made, then the file. */
final class CompressionRun implements CompressionTask {
  /** A plain truncation that loses more of a matrix than this is seldom harmless. */
  private static final double RISKY_LOSS = 0.5;

  private static final Duration SEARCH_TIMING = Duration.ofMillis(500);

  private final Compression wanted;
  private final OnnxModel model;
  private final OnnxModel original;
  private final Compressor compressor;
  private final GoalSearch search;
  private final Found found;
  private final List<String> notes = new ArrayList<>();
  private final List<Optional<InputSpan>> spans = new ArrayList<>();

  CompressionRun(Compression wanted) throws IOException {
    this.wanted = wanted;
    requireData();
    wanted.notes.forEach(this::note);
    this.model = OnnxModel.read(wanted.file);
    this.original = wanted.beside.isEmpty() ? model : OnnxModel.read(wanted.beside.get());
    requireLayers();
    this.compressor = compressor();
    this.search = new GoalSearch(compressor, wanted.listener);
    this.found = found();
    if (found.missed() == null && wanted.calibration.isEmpty()) {
      noteRisks();
    }
  }

  private void noteRisks() {
    found.plan().layers().stream()
        .filter(layer -> layer.lossShare() > RISKY_LOSS)
        .findFirst()
        .ifPresent(
            layer ->
                note(
                    "%s loses %.0f %% of its Σσ²: expect worse outputs; calibration weighs what they lose"
                        .formatted(layer.name(), 100 * layer.lossShare())));
  }

  private void requireData() {
    if (wanted.goal instanceof Goal.MaxDrop
        && wanted.data.flatMap(LabelledInputs::labels).isEmpty()) {
      throw new IllegalArgumentException("drop: expected data with labels, found none");
    }
    if (wanted.goal instanceof Goal.MaxChange && wanted.data.isEmpty()) {
      throw new IllegalArgumentException("change: expected data, found none");
    }
  }

  private void requireLayers() throws ModelFormatException {
    if (model.layers().isEmpty()) {
      throw new ModelFormatException(
          model.file(),
          "graph",
          "MatMul, Gemm or Conv nodes with constant weights",
          "none"
              + model.skipped().stream()
                  .limit(1)
                  .map(w -> " that can be factored: %s: %s".formatted(w.name(), w.reason()))
                  .collect(joining()));
    }
  }

  private Compressor compressor() throws IOException {
    if (wanted.calibration.isEmpty()) {
      wanted.listener.onStage("decomposing %d layers".formatted(model.layers().size()));
      return new Compressor(model);
    }
    ModelInputs inputs = wanted.calibration.get();
    Objective.Order order = wanted.order.orElseGet(() -> Objective.Order.of(model));
    return onExamples(
        "calibration",
        () -> {
          wanted.listener.onStage("running %,d examples".formatted(inputs.count()));
          Calibration seen = Calibration.gather(model, inputs, wanted.listener);
          noteFew(seen);
          wanted.listener.onStage("measuring what each layer's errors do to the outputs");
          Calibration known = withCurvature(seen);
          for (Layer layer : model.layers()) {
            spans.add(known.isFitted(layer) ? Optional.of(known.span(layer)) : Optional.empty());
          }
          wanted.listener.onStage("decomposing %d layers".formatted(model.layers().size()));
          return Compressor.dataAware(model, known, order, wanted.listener);
        });
  }

  private Calibration withCurvature(Calibration seen) throws ModelFormatException {
    try {
      return seen.with(OutputCurvature.measure(model, seen.examples(), wanted.listener));
    } catch (NotDifferentiableException e) {
      note(e.getMessage() + ": every layer is fitted to its own outputs instead of the model's");
      return seen;
    }
  }

  private void noteFew(Calibration seen) {
    model.layers().stream()
        .filter(seen::isFitted)
        .filter(layer -> seen.of(layer.uses().get(0)).count() < layer.cols())
        .findFirst()
        .ifPresent(
            layer ->
                note(
                    "calibration: %d rows cannot span the %d inputs of layer %s; losses are understated"
                        .formatted(
                            seen.of(layer.uses().get(0)).count(), layer.cols(), layer.name())));
  }

  private void note(String text) {
    notes.add(text);
    wanted.listener.onNote(text);
  }

  /** What examples do not fit is told with what they are for. */
  private static <T> T onExamples(String role, IoCall<T> call) throws IOException {
    try {
      return call.get();
    } catch (IllegalArgumentException e) {
      throw new IOException("%s: %s".formatted(role, e.getMessage()), e);
    }
  }

  /** Something that reads files. */
  @FunctionalInterface
  private interface IoCall<T> {
    T get() throws IOException;
  }

  private Found found() throws IOException {
    Goal goal = wanted.goal;
    if (goal instanceof RankPolicy.ParameterBudget budget) {
      return search.ranks(ofModel(budget));
    }
    if (goal instanceof RankPolicy policy) {
      return search.ranks(policy);
    }
    if (goal instanceof Goal.FileSize size) {
      return search.size(size.bytes());
    }
    try (OnnxRuntimeSession dense = OnnxRuntimeSession.of(model)) {
      if (goal instanceof Goal.Macs macs) {
        ModelInputs one = wanted.timed(dense, 1);
        return search.macs(macs.share(), new MacCount(model, one.whole()), one.count());
      }
      if (goal instanceof Goal.Latency latency) {
        return latency(dense, latency);
      }
      return quality(dense, wanted.data.orElseThrow());
    }
  }

  /** A budget is a share of the original's parameters. */
  private RankPolicy ofModel(RankPolicy.ParameterBudget budget) {
    double whole = original.parameters() / (double) model.parameters();
    return new RankPolicy.ParameterBudget(Math.min(1, budget.share() * whole), budget.division());
  }

  private Found latency(OnnxRuntimeSession dense, Goal.Latency goal) throws ModelFormatException {
    ModelInputs inputs = wanted.timed(dense, wanted.batch);
    wanted.listener.onStage("timing layers at batch %d".formatted(inputs.count()));
    LatencyPrices prices = new LatencyPrices(compressor, new MacCount(model, inputs.whole()));
    return search.latency(
        goal,
        prices::price,
        candidate -> {
          try (OnnxRuntimeSession session = OnnxRuntimeSession.of(candidate)) {
            return 1 / LatencyComparison.measure(dense, session, inputs, SEARCH_TIMING).speedup();
          }
        });
  }

  private Found quality(OnnxRuntimeSession dense, LabelledInputs data) throws IOException {
    wanted.listener.onStage("searching on " + data.name());
    return onExamples(
        "data",
        () -> {
          DataComparison comparison = new DataComparison(dense, data, wanted.metric);
          return wanted.goal instanceof Goal.MaxDrop drop
              ? search.quality(drop, drop.points(), candidate -> comparison.score(candidate).drop())
              : search.quality(
                  wanted.goal,
                  ((Goal.MaxChange) wanted.goal).distance(),
                  candidate -> comparison.change(candidate).relative());
        });
  }

  @Override
  public void requireMet() throws BudgetException {
    if (found.missed() != null) {
      throw new BudgetException(found.missed());
    }
  }

  @Override
  public CompressionReport planned() {
    return report(CompressionMeasurement.sizes(original, found.model()));
  }

  /** Writes the file and measures it; one that ONNX Runtime does not load is not written. */
  @Override
  public CompressionReport write(Path out) throws IOException {
    OnnxFile.requireOther(out, original);
    if (found.missed() != null) {
      note(found.missed());
    }
    Optional<OnnxRuntimeSession> loaded = loaded();
    if (loaded.isEmpty()) {
      refined().write(out);
      return planned();
    }
    try (OnnxRuntimeSession dense = loaded.get()) {
      OnnxRuntimeSession.of(found.model()).close();
      refined().write(out);
      wanted.listener.onStage("measuring " + out);
      OnnxModel written = OnnxModel.read(out);
      try (OnnxRuntimeSession compressed = OnnxRuntimeSession.open(out)) {
        List<OnData> onData =
            onExamples("data", () -> DataComparison.all(wanted, dense, compressed));
        Optional<ModelInputs> one = single(dense);
        CompressionMeasurement sizes = CompressionMeasurement.sizes(original, written).with(onData);
        return report(
            one.isEmpty()
                ? sizes
                : sizes
                    .counted(original, model, written, found.plan(), one.get().whole())
                    .timed(wanted, dense, compressed));
      }
    }
  }

  private OnnxModel refined() throws IOException {
    if (wanted.refinement.isEmpty()) {
      return found.model();
    }
    Compression.Refined refined = wanted.refinement.get().refine(found.model(), found.plan());
    note(refined.note());
    return refined.model();
  }

  private Optional<OnnxRuntimeSession> loaded() {
    try {
      return Optional.of(OnnxRuntimeSession.of(original));
    } catch (ModelFormatException e) {
      note("nothing was measured: " + e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<ModelInputs> single(OnnxRuntimeSession dense) {
    try {
      return Optional.of(wanted.timed(dense, 1));
    } catch (IllegalArgumentException e) {
      note("multiply-accumulates and latency were not measured: " + e.getMessage());
      return Optional.empty();
    }
  }

  private CompressionReport report(CompressionMeasurement measured) {
    List<RankPlan.Layer> replaced = wanted.replaced;
    List<RankPlan.Layer> layers = joined(replaced, found.plan().layers());
    return new CompressionReport(
        original.file(),
        wanted.goal.text(),
        found.missed() == null,
        new RankPlan(layers, found.plan().parameters(), original.parameters()),
        measured.layers().isEmpty()
            ? List.of()
            : joined(replaced.stream().map(CompressionRun::cost).toList(), measured.layers()),
        spans.isEmpty()
            ? List.of()
            : joined(replaced.stream().map(l -> Optional.<InputSpan>empty()).toList(), spans),
        model.skipped().stream().filter(weight -> !isReplaced(weight)).toList(),
        measured.dense(),
        measured.compressed(),
        measured.latencies(),
        measured.onData(),
        search.trials(),
        notes);
  }

  private static <T> List<T> joined(List<T> first, List<T> then) {
    return Stream.concat(first.stream(), then.stream()).toList();
  }

  /** Each weight meets one number of an example. */
  private static LayerCost cost(RankPlan.Layer layer) {
    return new LayerCost((long) layer.rows() * layer.cols(), layer.parameters());
  }

  private boolean isReplaced(SkippedWeight weight) {
    return wanted.replaced.stream().anyMatch(l -> weight.name().startsWith(l.name() + "."));
  }
}
