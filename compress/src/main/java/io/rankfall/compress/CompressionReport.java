package io.rankfall.compress;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a compression did and what it made, measured on the written file after reading it again.
 *
 * @param model the file that was compressed
 * @param goal what was asked for
 * @param met whether the written file reaches the goal
 * @param plan what became of each layer, and why
 * @param layers what each layer costs, in the order of the plan; empty where dimensions are unknown
 * @param inputs what the calibration showed of each layer's inputs, in the order of the plan; empty
 *     without calibration, and where kernels are fitted to nothing but themselves
 * @param skipped weights that are no layer, with the reason
 * @param dense the model as it was
 * @param compressed the model as written; as planned after a dry run
 * @param latencies one-thread times of both, at batch 1 and at the batch asked for
 * @param onData what was measured on examples
 * @param search the models tried on the way, in order
 * @param notes what the user should know, one line each
 */
public record CompressionReport(
    String model,
    String goal,
    boolean met,
    RankPlan plan,
    List<LayerCost> layers,
    List<Optional<InputSpan>> inputs,
    List<SkippedWeight> skipped,
    Totals dense,
    Totals compressed,
    List<LatencyComparison> latencies,
    List<OnData> onData,
    List<Trial> search,
    List<String> notes) {

  public CompressionReport {
    layers = List.copyOf(layers);
    inputs = List.copyOf(inputs);
    skipped = List.copyOf(skipped);
    latencies = List.copyOf(latencies);
    onData = List.copyOf(onData);
    search = List.copyOf(search);
    notes = List.copyOf(notes);
  }

  /**
   * A whole model.
   *
   * @param parameters floating-point numbers that its graph reads
   * @param bytes of its file
   * @param macs multiply-accumulates of one example of the timed dimensions, if they are known
   */
  public record Totals(long parameters, long bytes, OptionalLong macs) {
    Totals with(long counted) {
      return new Totals(parameters, bytes, OptionalLong.of(counted));
    }
  }

  /**
   * Multiply-accumulates of one layer for one example.
   *
   * @param dense as it was
   * @param compressed as it is
   */
  public record LayerCost(long dense, long compressed) {}

  /** What examples are for. */
  public enum Role {
    /** The goal was searched on these: expect slightly less on others. */
    SEARCHED,
    /** Only measured. */
    MEASURED,
    /** Only measured, after everything was decided. */
    UNSEEN
  }

  /**
   * Both models on the same examples.
   *
   * @param data where the examples come from
   * @param change of the outputs
   * @param score where there are labels
   */
  public record OnData(
      String data, Role role, int examples, OutputChange change, Optional<Score> score) {}

  /**
   * A metric of both models, see {@link Metric}.
   *
   * @param metric its name
   */
  public record Score(String metric, double dense, double compressed) {
    /** Lost, in points: 100 are the whole scale. */
    public double drop() {
      return 100 * (dense - compressed);
    }
  }

  /**
   * One model on the way to the goal.
   *
   * @param parameters it has
   * @param value what the goal limits: bytes, share of the latency, points lost or change
   * @param met whether that is within the goal
   */
  public record Trial(long parameters, double value, boolean met) {}
}
