package io.rankfall.study;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.StopRule;
import io.rankfall.train.graph.Watched;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a comparison of trainings found: the content of {@code results.json}, from which the report
 * is drawn.
 *
 * <p>Every accuracy, byte count and latency of a {@link FileResult} was measured on that file,
 * reloaded in ONNX Runtime.
 *
 * @param formatVersion of this document; readers refuse a version they do not know
 * @param references spectra of Gaussian random matrices, one for each shape among the layers
 * @param findings the conclusions in plain words, computed from the numbers
 */
public record Results(
    int formatVersion,
    Settings settings,
    Provenance provenance,
    List<RunResult> runs,
    List<Reference> references,
    List<Finding> findings) {

  public static final int FORMAT_VERSION = 1;

  public Results {
    runs = List.copyOf(runs);
    references = List.copyOf(references);
    findings = List.copyOf(findings);
  }

  /**
   * What all runs have in common.
   *
   * @param architecture for example {@code 784-512-512-512-10}
   * @param parameters weights and biases of the dense network
   * @param initialization how the initial weights were drawn, for example {@code HE}
   * @param learningRate μ before the first drop
   * @param milestones the epochs after which μ is multiplied by {@code decayFactor}
   * @param calibrationExamples how many training examples data-aware truncation saw
   */
  public record Settings(
      String dataset,
      int trainExamples,
      int testExamples,
      String architecture,
      String initialization,
      long parameters,
      double learningRate,
      double momentum,
      List<Integer> milestones,
      double decayFactor,
      int epochs,
      long seed,
      int calibrationExamples) {
    public Settings {
      milestones = List.copyOf(milestones);
    }
  }

  /**
   * Where, when and with what the numbers were made.
   *
   * @param startedAt ISO-8601, UTC
   */
  public record Provenance(
      String rankfallVersion,
      String command,
      String startedAt,
      double trainSeconds,
      double compressSeconds,
      double totalSeconds,
      String java,
      String operatingSystem,
      String processor,
      int cores,
      List<Library> libraries,
      String dataSha256) {
    public Provenance {
      libraries = List.copyOf(libraries);
    }
  }

  /** A library whose version the numbers depend on. */
  public record Library(String name, String version) {}

  /**
   * One training and the files made of its network.
   *
   * @param id file-name safe, for example {@code b16-wd1e-3}
   * @param label for people, for example {@code B=16, wd=1e-3}
   * @param weightDecay wd in the step W ← (1 − μ·wd)·W − μ·G; the paper's λ is wd/2
   * @param exportError max |Δlogit| / max |logit| over the test examples, dense ONNX file against
   *     learner; null for a diverged run
   * @param epochs the state before training as epoch 0, then one entry an epoch
   * @param files the dense export first, then the compressed ones; empty for a diverged run
   */
  public record RunResult(
      String id,
      String label,
      int batchSize,
      double weightDecay,
      String learner,
      Outcome outcome,
      double seconds,
      @Nullable Double exportError,
      List<EpochResult> epochs,
      List<FileResult> files) {
    public RunResult {
      requireNonNull(outcome, "outcome");
      epochs = List.copyOf(epochs);
      files = List.copyOf(files);
    }

    /** The export of the network as trained; only a run with files has one. */
    FileResult dense() {
      return files.get(0);
    }

    EpochResult beforeTraining() {
      return epochs.get(0);
    }

    EpochResult lastEpoch() {
      return epochs.get(epochs.size() - 1);
    }

    Optional<FileResult> file(String policy, double budget) {
      return files.stream()
          .filter(file -> file.policy().equals(policy) && file.budget() == budget)
          .findFirst();
    }

    /** Test accuracy that a file of this run loses against the dense one, in percentage points. */
    double pointsLost(FileResult file) {
      return 100 * (dense().testAccuracy() - file.testAccuracy());
    }
  }

  /**
   * How a training ended.
   *
   * @param kind {@code COMPLETED}, {@code DIVERGED} or, where a rule ended it before its last
   *     epoch, {@code GOAL_MET} or {@code PATIENCE}
   * @param message what diverged, at which epoch and step, or why the rule ended it; null when
   *     completed
   */
  public record Outcome(String kind, @Nullable String message) {
    static Outcome of(RunOutcome outcome) {
      if (outcome instanceof RunOutcome.Diverged diverged) {
        return new Outcome("DIVERGED", diverged.message());
      }
      if (outcome instanceof RunOutcome.Stopped stopped) {
        boolean met = stopped.rule() instanceof StopRule.Goal;
        return new Outcome(met ? "GOAL_MET" : "PATIENCE", stopped.message());
      }
      return new Outcome("COMPLETED", null);
    }

    /** What diverged, at which epoch and step; null if the training ended with a network. */
    public @Nullable String diverged() {
      return kind.equals("DIVERGED") ? message : null;
    }
  }

  /**
   * One epoch of one run.
   *
   * @param learningRate μ during the epoch; null for epoch 0
   * @param trainLoss mean cross-entropy in nats over the epoch's mini-batches, as trained on; null
   *     for epoch 0
   * @param trainAccuracy 0 to 1, over the same mini-batches; null for epoch 0
   * @param validationLoss mean cross-entropy over the validation examples; null without them
   * @param validationAccuracy 0 to 1; null without validation examples
   * @param testAccuracy 0 to 1
   */
  public record EpochResult(
      int epoch,
      @Nullable Double learningRate,
      @Nullable Double trainLoss,
      @Nullable Double trainAccuracy,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double validationLoss,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double validationAccuracy,
      double testLoss,
      double testAccuracy,
      List<LayerResult> layers) {
    public EpochResult {
      layers = List.copyOf(layers);
    }

    /** Mean of rankTau2 over the matrices that count, as {@link Watched#counted} says. */
    double meanHiddenRank() {
      return Watched.counted(layers, LayerResult::name).stream()
          .mapToInt(LayerResult::rankTau2)
          .average()
          .orElse(0);
    }
  }

  /**
   * One weight matrix at one epoch.
   *
   * @param rankTau3 how many σ/‖W‖_F exceed 1e-3
   * @param rankTau2 how many σ/‖W‖_F exceed 1e-2
   * @param stableRank ‖W‖_F²/σ₁²
   * @param frobeniusNorm ‖W‖_F
   * @param spectrum σ/‖W‖_F, descending, rounded to 4 significant digits
   */
  public record LayerResult(
      String name,
      int rows,
      int cols,
      int rankTau3,
      int rankTau2,
      double stableRank,
      double effectiveRank,
      double frobeniusNorm,
      List<Double> spectrum) {
    public LayerResult {
      requireNonNull(name, "name");
      spectrum = List.copyOf(spectrum);
    }
  }

  /** The spectrum σ/‖W‖_F of one Gaussian random matrix. */
  public record Reference(int rows, int cols, List<Double> spectrum) {
    public Reference {
      spectrum = List.copyOf(spectrum);
    }
  }

  /**
   * One model file and what was measured on it.
   *
   * @param path relative to the results
   * @param policy {@code dense}, {@code uniform}, {@code energy}, {@code global} or {@code
   *     data-aware}
   * @param budget the share of the dense network's parameters asked for; 1 for the dense file
   * @param parameters weights and biases in the file
   * @param bytes of the file
   * @param testAccuracy 0 to 1
   * @param latencies one for each batch size timed
   */
  public record FileResult(
      String path,
      String policy,
      double budget,
      long parameters,
      long bytes,
      double testAccuracy,
      List<Latency> latencies,
      List<LayerRank> layers) {
    public FileResult {
      latencies = List.copyOf(latencies);
      layers = List.copyOf(layers);
    }
  }

  /**
   * Median times of one inference, file and dense file measured in alternation.
   *
   * @param speedup dense median / median
   */
  public record Latency(int batch, double medianMicros, double denseMedianMicros, double speedup) {}

  /**
   * The rank a layer got.
   *
   * @param rank null where the layer stays dense
   * @param reason why this rank, or why dense
   */
  public record LayerRank(String name, int rows, int cols, @Nullable Integer rank, String reason) {}

  /**
   * One conclusion.
   *
   * @param id stable, for scripts
   * @param holds whether the numbers support the claim
   * @param title the claim in one short sentence
   * @param text the numbers in plain words
   */
  public record Finding(String id, boolean holds, String title, String text) {}
}
