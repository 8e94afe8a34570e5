package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import java.util.List;

/**
 * The theory held against one training: everything that the table and a page need.
 *
 * @param stepsPerEpoch the last one of an epoch may be of fewer examples
 * @param steps that the training was to have
 * @param outcome {@code COMPLETED}, or where the training diverged
 * @param accuracy of the network whose last ranks are reported
 * @param settings what was looked at
 * @param lambda the paper's λ = wd/2
 * @param decayOfAStep μ·wd at the last learning rate
 * @param spectralRadius the share of the weights that a step keeps in the long run, at that rate
 * @param windows one for each ε, at the last step
 * @param fading the weight of the gradient of each step back, |p_{j−1}|, at a few j
 * @param rememberedSteps how many steps' gradients were kept
 * @param memoryBytes what that took
 * @param notes what was not exact, or not possible, and why
 */
public record TheoryReport(
    int formatVersion,
    RunSpec spec,
    long stepsPerEpoch,
    long steps,
    String outcome,
    TestAccuracy accuracy,
    TheorySettings settings,
    double lambda,
    double decayOfAStep,
    double spectralRadius,
    List<MemoryWindow> windows,
    List<FadingPoint> fading,
    int rememberedSteps,
    long memoryBytes,
    List<LayerTheory> layers,
    List<String> notes) {
  public static final int FORMAT_VERSION = 1;

  /** The {@link #outcome} of a training that ended with a network. */
  public static final String COMPLETED = "COMPLETED";

  /**
   * What is left of a step's gradient.
   *
   * @param stepsBack j, 1 for the last step
   * @param weight |p_{j−1}|
   */
  public record FadingPoint(long stepsBack, double weight) {}

  public TheoryReport {
    requireNonNull(spec, "spec");
    requireNonNull(outcome, "outcome");
    requireNonNull(accuracy, "accuracy");
    requireNonNull(settings, "settings");
    windows = List.copyOf(windows);
    fading = List.copyOf(fading);
    layers = List.copyOf(layers);
    notes = List.copyOf(notes);
  }

  /** Whether nothing that must hold was found not to. */
  @JsonProperty
  public boolean holds() {
    return layers.stream().allMatch(LayerTheory::holds);
  }

  /** This as JSON. */
  public String json() {
    return TheoryJson.write(this);
  }

  static String outcome(RunOutcome outcome) {
    return outcome instanceof RunOutcome.Diverged diverged
        ? "diverged at " + diverged.message()
        : COMPLETED;
  }
}
