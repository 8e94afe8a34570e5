package io.rankfall.compress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Compresses a model file: the whole of {@code rankfall compress} as one call.
 *
 * <pre>{@code
 * CompressionReport report =
 *     Compression.of(Path.of("model.onnx"), new Goal.MaxDrop(0.5))
 *         .calibration(ModelInputs.read(Path.of("inputs.npz")))
 *         .data(LabelledInputs.read(Path.of("validation.npz")))
 *         .write(Path.of("small.onnx"));
 * }</pre>
 */
public final class Compression {
  /** The batch timed beside single examples where no other is asked for. */
  public static final int BATCH = 32;

  final Path file;
  final Goal goal;
  Optional<ModelInputs> calibration = Optional.empty();
  Optional<Objective.Order> order = Optional.empty();
  Optional<LabelledInputs> data = Optional.empty();
  Optional<LabelledInputs> testData = Optional.empty();
  Metric metric = Metric.ACCURACY;
  int batch = BATCH;
  CompressionListener listener = CompressionListener.NONE;
  Optional<Refinement> refinement = Optional.empty();
  Optional<Path> beside = Optional.empty();
  List<RankPlan.Layer> replaced = List.of();
  final List<String> notes = new ArrayList<>();

  private Compression(Path file, Goal goal) {
    this.file = file;
    this.goal = goal;
  }

  /**
   * Of this file, which is read by {@link #write} or {@link #plan}: ONNX, or safetensors by the
   * name, an index or a folder with one. Safetensors files know no graph, so that only ranks, sizes
   * and errors of matrices can be asked for.
   *
   * @param goal what the smaller model is to reach
   * @throws IllegalArgumentException if that would need a graph which the file does not have
   */
  public static Compression of(Path file, Goal goal) {
    if (SafetensorsSource.isNamed(file) && !SafetensorsRun.knows(goal)) {
      throw new IllegalArgumentException(
          "goal of %s: expected parameters, bytes, energy, epsilon or a rank, since the file has no graph to run, found %s"
              .formatted(file, goal.text()));
    }
    return new Compression(file, goal);
  }

  /** Fits factors to these inputs of the model. */
  public Compression calibration(ModelInputs inputs) {
    calibration = Optional.of(inputs);
    return this;
  }

  /** The order in which layers are fitted; by default what suits the model. */
  public Compression order(Objective.Order wanted) {
    order = Optional.of(wanted);
    return this;
  }

  /** What {@link Goal.MaxDrop} and {@link Goal.MaxChange} are searched on. */
  public Compression data(LabelledInputs examples) {
    data = Optional.of(examples);
    return this;
  }

  /** Examples that only the finished model is measured on. */
  public Compression testData(LabelledInputs examples) {
    testData = Optional.of(examples);
    return this;
  }

  /** What labels are held against; {@link Metric#ACCURACY} by default. */
  public Compression metric(Metric wanted) {
    metric = wanted;
    return this;
  }

  /** The batch that {@link Goal.Latency} is for; {@value #BATCH} by default. */
  public Compression batch(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch: expected >= 1, found " + size);
    }
    batch = size;
    return this;
  }

  /**
   * What else the user and the report should be told, one line; see {@link ExampleReader#notes}.
   */
  public Compression note(String text) {
    notes.add(text);
    return this;
  }

  /** What is done to the numbers of the smaller model before it is written and measured. */
  @FunctionalInterface
  public interface Refinement {
    /**
     * Gives the same graph with other numbers.
     *
     * @param model the smaller model
     * @param plan what became of each layer
     * @throws IOException in one line, if that fails; nothing is written then
     */
    Refined refine(OnnxModel model, RankPlan plan) throws IOException;
  }

  /**
   * What a {@link Refinement} made.
   *
   * @param note one line for the user and the report
   */
  public record Refined(OnnxModel model, String note) {}

  /**
   * Measures the smaller model beside another one than the file that it is made of: what that was
   * before it was trained to be smaller. A budget of parameters is a share of that one's.
   *
   * @param original an ONNX file of the same inputs and outputs, at least as large
   */
  public Compression besides(Path original) {
    beside = Optional.of(original);
    return this;
  }

  /**
   * Layers of that other model that became something else in the file, for the report; each of
   * their weights meets one number of an example.
   */
  public Compression replaced(List<RankPlan.Layer> layers) {
    replaced = List.copyOf(layers);
    return this;
  }

  /** Refines the smaller model of an ONNX file, for example by training it on. */
  public Compression refinement(Refinement how) {
    refinement = Optional.of(how);
    return this;
  }

  /** Who hears of the progress. */
  public Compression listener(CompressionListener who) {
    listener = who;
    return this;
  }

  /** Examples with real numbers where there are any, as many as the model takes at a time. */
  ModelInputs timed(OnnxRuntimeSession session, int size) {
    if (session.inputs().isEmpty()) {
      throw new IllegalArgumentException("expected a model with inputs, found none");
    }
    long fixed = session.inputs().get(0).fixedBatch();
    int count = fixed > 0 ? Math.toIntExact(fixed) : size;
    return data.map(LabelledInputs::inputs)
        .or(() -> calibration)
        .or(() -> testData.map(LabelledInputs::inputs))
        .map(inputs -> inputs.repeated(count))
        .orElseGet(() -> ExampleInputs.of(session, count));
  }

  /**
   * Writes the smaller model and measures it.
   *
   * @throws BudgetException if nothing meets the goal; nothing is written then
   * @throws IOException in one line, if a file is damaged, does not fit the model or cannot be
   *     written
   * @throws IllegalArgumentException if the goal needs data or labels that there are not
   */
  public CompressionReport write(Path out) throws IOException, BudgetException {
    return met().write(out);
  }

  /** As {@link #write}, but where nothing meets the goal it writes what comes nearest. */
  public CompressionReport writeBest(Path out) throws IOException {
    return CompressionTask.of(this).write(out);
  }

  /** Decides as {@link #write} and writes nothing; only sizes are reported. */
  public CompressionReport plan() throws IOException, BudgetException {
    return met().planned();
  }

  private CompressionTask met() throws IOException, BudgetException {
    CompressionTask task = CompressionTask.of(this);
    task.requireMet();
    return task;
  }
}
