package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

import io.rankfall.spectra.Norm;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.Optimizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of a training that has ended elsewhere, beside the ranks of the matrices it has left.
 *
 * @param batchSize B
 * @param steps T
 * @param decayOfAStep μ·wd at the last learning rate
 * @param windows one for each ε, at the last step
 */
public record ModelTheory(
    int formatVersion,
    String file,
    int batchSize,
    long steps,
    double decayOfAStep,
    List<MemoryWindow> windows,
    List<Layer> layers) {
  public static final int FORMAT_VERSION = 1;

  /**
   * One matrix.
   *
   * @param rows d_out
   * @param cols d_in
   * @param positions R; null where it is not known, and no bound then
   */
  public record Layer(
      String name, int rows, int cols, @Nullable Integer positions, List<ModelBound> bounds) {
    public Layer {
      bounds = List.copyOf(bounds);
    }
  }

  public ModelTheory {
    requireNonNull(file, "file");
    windows = List.copyOf(windows);
    layers = List.copyOf(layers);
  }

  /** This as JSON. */
  public String json() {
    return TheoryJson.write(this);
  }

  /** What is known of a training. */
  public static final class Settings {
    private final int batchSize;
    private final LearningRates rates;
    private final StepRecursion recursion;
    private final List<MemoryWindow> windows;

    /**
     * Of a training with a schedule.
     *
     * @param examples trained on in each epoch
     * @throws IllegalArgumentException in one line, if the optimizer does what no recursion is
     *     known for, μ·wd ≥ 1, or a number is out of range
     */
    public static Settings of(
        Optimizer optimizer, int epochs, int batchSize, long examples, List<Double> epsilons) {
      if (examples < 1) {
        throw new IllegalArgumentException("examples: expected >= 1, found " + examples);
      }
      return new Settings(
          StepRecursion.requireModelled(optimizer, epochs),
          LearningRates.of(optimizer, epochs, (examples + batchSize - 1) / batchSize),
          batchSize,
          epsilons);
    }

    /**
     * Of a training at the optimizer's first rate throughout.
     *
     * @param steps T
     * @throws IllegalArgumentException as {@link #of}
     */
    public static Settings constant(
        Optimizer optimizer, long steps, int batchSize, List<Double> epsilons) {
      return new Settings(
          StepRecursion.requireModelled(optimizer, 1),
          LearningRates.constant(optimizer.learningRate(1), steps),
          batchSize,
          epsilons);
    }

    private Settings(
        StepRecursion recursion, LearningRates rates, int batchSize, List<Double> epsilons) {
      this.batchSize = batchSize;
      this.recursion = recursion;
      this.rates = rates;
      this.windows =
          epsilons.stream()
              .map(epsilon -> MemoryWindow.endingAt(recursion, rates, rates.steps(), epsilon))
              .toList();
    }

    /** A matrix against its bounds. */
    public Layer layer(String name, Spectrum spectrum, @Nullable Integer positions) {
      List<ModelBound> bounds =
          positions == null
              ? List.of()
              : windows.stream().map(window -> bound(window, spectrum, positions)).toList();
      return new Layer(name, spectrum.rows(), spectrum.cols(), positions, bounds);
    }

    private ModelBound bound(MemoryWindow window, Spectrum spectrum, int positions) {
      RankBound bound =
          new RankBound(window, batchSize, positions, spectrum.rows(), spectrum.cols());
      Long steps = window.steps();
      return new ModelBound(
          bound,
          spectrum.epsilonRank(window.epsilon(), Norm.FROBENIUS),
          rates.steps(),
          steps == null || steps <= rates.steps()
              ? null
              : MemoryWindow.stepsNeeded(recursion, rates, window.epsilon()));
    }

    public ModelTheory theory(String file, List<Layer> layers) {
      double rate = rates.at(rates.steps());
      return new ModelTheory(
          FORMAT_VERSION,
          file,
          batchSize,
          rates.steps(),
          rate * recursion.weightDecay(),
          windows,
          layers);
    }
  }
}
