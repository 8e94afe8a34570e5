package io.rankfall.study;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compression;
import io.rankfall.compress.Goal;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import io.rankfall.train.CutArchitecture;
import io.rankfall.train.Network;
import io.rankfall.train.Run;
import io.rankfall.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Brings a run's network to a budget of parameters stage by stage. After each but the last one the
 * smaller network is trained on and put back into the shapes of the whole one, which the next stage
 * compresses further. With one stage it is compressed and trained on once.
 */
public final class Stages implements AutoCloseable {
  private final Path dense;
  private final TrainedRun run;
  private final Network start;
  private final FineTuning.Recipe recipe;
  private final Compressions compressions;
  private final TrainingListener listener;
  private final Path between;
  private final FineTuning lastTuning;

  /** How a file is compressed in each stage. */
  @FunctionalInterface
  public interface Compressions {
    Compression of(Path from, Goal goal) throws IOException;
  }

  /**
   * @param dense file of the run's network
   * @param start what is compressed: the run's network, or a local one that begins near it
   */
  public Stages(
      Path dense,
      TrainedRun run,
      Network start,
      FineTuning.Recipe recipe,
      Compressions compressions,
      TrainingListener listener)
      throws IOException {
    this.dense = dense;
    this.run = run;
    this.start = start;
    this.recipe = recipe;
    this.compressions = compressions;
    this.listener = listener;
    this.between = Files.createTempFile("rankfall", ".onnx");
    // Signals end the process without closing this.
    between.toFile().deleteOnExit();
    this.lastTuning = tuning(recipe.stages());
  }

  /** Of the run's network. */
  public Stages(
      Path dense,
      TrainedRun run,
      FineTuning.Recipe recipe,
      Compressions compressions,
      TrainingListener listener)
      throws IOException {
    this(dense, run, run.network(), recipe, compressions, listener);
  }

  /**
   * Does all stages but the last, and gives that one to be written.
   *
   * @param goal of parameters, if there is more than one stage
   * @throws BudgetException if no ranks meet a stage's budget
   */
  public Compression last(Goal goal) throws IOException, BudgetException {
    Path from = dense;
    if (!start.architecture().equals(run.spec().architecture())) {
      NetworkExport.onnx(start).write(between);
      from = between;
    }
    if (recipe.stages() == 1) {
      return besides(from, goal, lastTuning);
    }
    if (!(goal instanceof ParameterBudget budget)) {
      throw new IllegalArgumentException(
          "stages: expected a budget of parameters, found a goal of " + goal.text());
    }
    double whole =
        start.architecture().parameters() / (double) run.spec().architecture().parameters();
    for (int stage = 1; stage < recipe.stages(); stage++) {
      double share = whole * Math.pow(budget.share() / whole, (double) stage / recipe.stages());
      FineTuning tuning = tuning(stage);
      besides(from, new ParameterBudget(share), tuning).write(between);
      NetworkExport.onnx(expanded(tuning.network())).write(between);
      from = between;
    }
    return besides(from, goal, lastTuning);
  }

  private Compression besides(Path from, Goal goal, FineTuning tuning) throws IOException {
    Compression compression = compressions.of(from, goal).refinement(tuning);
    return from.equals(dense) ? compression : compression.besides(dense);
  }

  private FineTuning tuning(int stage) {
    return new FineTuning(run, start.architecture(), recipe.ofStage(stage), listener);
  }

  private static Network expanded(Network network) {
    return network.architecture() instanceof CutArchitecture cut ? cut.expanded(network) : network;
  }

  /** The training of the last stage, once that is written; epoch 0 is before it. */
  public Run tuning() {
    return lastTuning.run();
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(between);
  }
}
