package io.rankfall.compress;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rankfall.compress.CompressionReport.Totals;
import io.rankfall.compress.RankPlan.Dense;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.compress.SafetensorsLayers.Layer;
import io.rankfall.compress.SafetensorsWriter.Group;
import io.rankfall.compress.SafetensorsWriter.Slot;
import io.rankfall.spectra.LowRank;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One compression of safetensors files: ranks from the singular values alone, since such files do
 * not say what is computed with their tensors. Matrices are read one at a time, once for their
 * spectrum and once for their factors.
 */
final class SafetensorsRun implements CompressionTask {
  /** Of what {@link #METADATA} holds. */
  private static final int FORMAT = 1;

  private static final String METADATA = "rankfall";

  private final Compression wanted;
  private final SafetensorsSource source;
  private final SafetensorsLayers found;
  private final Map<String, Integer> ranks = new HashMap<>();
  private final RankPlan plan;
  private @Nullable String missed;

  SafetensorsRun(Compression wanted) throws IOException {
    this.wanted = wanted;
    if (wanted.calibration.isPresent() || wanted.data.isPresent() || wanted.testData.isPresent()) {
      throw new IllegalArgumentException(
          "%s: expected no examples, since the file has no graph to run them through, found some"
              .formatted(wanted.file));
    }
    this.source = SafetensorsSource.open(wanted.file);
    wanted.listener.onStage("computing the spectra");
    this.found = SafetensorsLayers.of(source);
    if (found.layers().isEmpty()) {
      throw new ModelFormatException(
          wanted.file.toString(),
          "tensors",
          "matrices of weights",
          "none"
              + found.skipped().stream()
                  .limit(1)
                  .map(w -> " that can be factored: %s: %s".formatted(w.name(), w.reason()))
                  .collect(joining()));
    }
    this.plan = planned(chosen());
  }

  /** Whether a goal can be reached without running the model. */
  static boolean knows(Goal goal) {
    return goal instanceof RankPolicy || goal instanceof Goal.FileSize;
  }

  private List<RankOptions> options() {
    return found.layers().stream().map(Layer::options).toList();
  }

  private int[] chosen() throws IOException {
    if (wanted.goal instanceof RankPolicy.ParameterBudget budget) {
      long rest = found.parameters() - found.layers().stream().mapToLong(Layer::size).sum();
      long allowed = (long) Math.floor(budget.share() * found.parameters());
      boolean global = budget.division() == RankPolicy.Division.GLOBAL;
      List<RankOptions> options = global ? priced((layer, numbers) -> numbers) : options();
      int[] chosen =
          withinBudget(
              options, allowed - rest, rest, budget.division(), "parameters", found.parameters());
      return sameRanks(options, chosen);
    }
    if (wanted.goal instanceof Goal.FileSize size) {
      return ofSize(size.bytes());
    }
    return options().stream().mapToInt(this::ofPolicy).toArray();
  }

  private int ofPolicy(RankOptions options) {
    if (wanted.goal instanceof RankPolicy.Uniform uniform) {
      return options.atRank(uniform.rank());
    }
    if (wanted.goal instanceof RankPolicy.Energy energy) {
      return options.losingAtMost(1 - energy.share());
    }
    double epsilon = ((RankPolicy.Epsilon) wanted.goal).epsilon();
    return options.losingAtMost(epsilon * epsilon);
  }

  private int[] withinBudget(
      List<RankOptions> options,
      long budget,
      long rest,
      RankPolicy.Division division,
      String unit,
      long dense) {
    int[] cheapest = new int[options.size()];
    long least = BudgetDivision.cost(options, cheapest);
    if (least > budget) {
      missed = BudgetException.of(unit, budget + rest, least + rest, dense).getMessage();
      return cheapest;
    }
    return BudgetDivision.divide(options, budget, division);
  }

  /** The header grows with the ranks' digits: what it is too long is taken off the numbers. */
  private int[] ofSize(long bytes) throws IOException {
    List<RankOptions> priced = priced((layer, numbers) -> layer.tensor().type().bytes(numbers));
    int[] all = priced.stream().mapToInt(o -> o.size() - 1).toArray();
    long dense = fileSize(priced, all);
    long rest = dense - BudgetDivision.cost(priced, all);
    long budget = bytes - rest;
    while (true) {
      int[] chosen = withinBudget(priced, budget, rest, RankPolicy.Division.GLOBAL, "bytes", dense);
      long excess = fileSize(priced, chosen) - bytes;
      if (excess <= 0 || missed != null) {
        return sameRanks(priced, chosen);
      }
      budget -= excess;
    }
  }

  private List<RankOptions> priced(ToLongBiFunction<Layer, Long> cost) {
    List<RankOptions> priced = new ArrayList<>();
    for (Layer layer : found.layers()) {
      Price price =
          new Price() {
            @Override
            public long dense() {
              return cost.applyAsLong(layer, layer.size());
            }

            @Override
            public long of(Decomposition how, long numbers) {
              return cost.applyAsLong(layer, numbers);
            }
          };
      priced.add(layer.options().at(price));
    }
    return priced;
  }

  /** The options of the layers themselves with the ranks of others. */
  private int[] sameRanks(List<RankOptions> priced, int[] chosen) {
    int[] same = new int[chosen.length];
    for (int i = 0; i < same.length; i++) {
      RankOptions own = found.layers().get(i).options();
      same[i] =
          priced.get(i).isDense(chosen[i])
              ? own.size() - 1
              : own.atRank(priced.get(i).how(chosen[i]).rank());
    }
    return same;
  }

  private long fileSize(List<RankOptions> options, int[] chosen) throws IOException {
    Map<String, Integer> ofTensors = new HashMap<>();
    for (int i = 0; i < chosen.length; i++) {
      if (!options.get(i).isDense(chosen[i])) {
        ofTensors.put(found.layers().get(i).tensor().name(), options.get(i).how(chosen[i]).rank());
      }
    }
    return fileSize(ofTensors);
  }

  private long fileSize(Map<String, Integer> ofTensors) throws IOException {
    List<Slot> slots = groups(ofTensors).stream().flatMap(group -> group.slots().stream()).toList();
    return SafetensorsWriter.bytes(slots, metadata(ofTensors));
  }

  private RankPlan planned(int[] chosen) {
    List<RankPlan.Layer> layers = new ArrayList<>();
    long parameters = found.parameters();
    for (int i = 0; i < chosen.length; i++) {
      Layer layer = found.layers().get(i);
      RankOptions options = layer.options();
      boolean dense = options.isDense(chosen[i]);
      if (!dense) {
        ranks.put(layer.tensor().name(), options.how(chosen[i]).rank());
      }
      layers.add(
          new RankPlan.Layer(
              layer.name(),
              layer.rows(),
              layer.cols(),
              dense ? new Dense(whyDense(layer)) : new Factored(options.how(chosen[i]).rank()),
              options.numbers(chosen[i]),
              options.lossShare(chosen[i])));
      parameters += options.numbers(chosen[i]) - layer.size();
    }
    return new RankPlan(layers, parameters, found.parameters());
  }

  private String whyDense(Layer layer) {
    int breakEven = LowRank.breakEvenRank(layer.rows(), layer.cols());
    if (breakEven == 0) {
      return "no rank makes %dx%d smaller".formatted(layer.rows(), layer.cols());
    }
    return wanted.goal instanceof RankPolicy && !(wanted.goal instanceof RankPolicy.ParameterBudget)
        ? "only ranks to %d are smaller".formatted(breakEven)
        : "the budget allows it whole";
  }

  /** Wider numbers first, so that all stay aligned; else in the order of the file. */
  private List<Group> groups(Map<String, Integer> ofTensors) {
    List<StoredTensor> tensors = new ArrayList<>(source.tensors().values());
    tensors.sort(Comparator.comparingInt((StoredTensor t) -> t.type().bits()).reversed());
    return tensors.stream()
        .map(
            tensor -> {
              String type = String.valueOf(source.types().get(tensor.name()));
              Integer rank = ofTensors.get(tensor.name());
              return rank == null
                  ? SafetensorsFactors.copied(tensor, type)
                  : SafetensorsFactors.factored(tensor, type, rank);
            })
        .toList();
  }

  private Map<String, String> metadata(Map<String, Integer> ofTensors) throws IOException {
    Map<String, String> metadata = new HashMap<>(source.metadata());
    ObjectNode own = SafetensorsFile.JSON.createObjectNode().put("format", FORMAT);
    ObjectNode each = own.putObject("ranks");
    found.layers().stream()
        .map(layer -> layer.tensor().name())
        .filter(ofTensors::containsKey)
        .forEach(name -> each.put(name, ofTensors.get(name)));
    metadata.put(METADATA, SafetensorsFile.JSON.writeValueAsString(own));
    return metadata;
  }

  @Override
  public void requireMet() throws BudgetException {
    if (missed != null) {
      throw new BudgetException(missed);
    }
  }

  @Override
  public CompressionReport planned() throws IOException {
    return report(fileSize(ranks));
  }

  @Override
  public CompressionReport write(Path out) throws IOException {
    requireTarget(out);
    requireHeap();
    wanted.listener.onStage("writing " + out);
    SafetensorsWriter.write(out, groups(ranks), metadata(ranks));
    SafetensorsFile.read(out);
    return report(Files.size(out));
  }

  private void requireTarget(Path out) throws IOException {
    if (!out.toString().toLowerCase(Locale.ROOT).endsWith(".safetensors")) {
      throw new IOException(
          "cannot write %s: expected a name that ends in .safetensors, as the model's does"
              .formatted(out));
    }
    for (StoredTensor tensor : source.tensors().values()) {
      if (Files.exists(out) && Files.isSameFile(out, tensor.data().file())) {
        throw new IOException(
            "cannot write %s: expected another file than the model's".formatted(out));
      }
    }
  }

  private void requireHeap() throws ModelFormatException {
    long most = Runtime.getRuntime().maxMemory() / 10 * 9;
    for (Layer layer : found.layers()) {
      Integer rank = ranks.get(layer.tensor().name());
      long heap = rank == null ? 0 : SafetensorsFactors.heap(layer.rows(), layer.cols(), rank);
      if (heap > most) {
        throw new ModelFormatException(
            wanted.file.toString(),
            "tensor " + layer.name(),
            "%d MiB of heap for its factors".formatted(heap >> 20),
            "%d MiB (RANKFALL_JAVA_OPTS=-Xmx%dg)".formatted(most >> 20, (heap >> 29) + 1));
      }
    }
  }

  private CompressionReport report(long bytes) throws IOException {
    long before = 0;
    for (Path file :
        source.tensors().values().stream().map(t -> t.data().file()).distinct().toList()) {
      before += Files.size(file);
    }
    return new CompressionReport(
        wanted.file.toString(),
        wanted.goal.text(),
        missed == null,
        plan,
        List.of(),
        List.of(),
        found.skipped(),
        new Totals(found.parameters(), before, OptionalLong.empty()),
        new Totals(plan.parameters(), bytes, OptionalLong.empty()),
        List.of(),
        List.of(),
        List.of(),
        missed == null ? List.of() : List.of(missed));
  }
}
