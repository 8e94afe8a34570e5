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
   */
  public Stages(
      Path dense,
      TrainedRun run,
      FineTuning.Recipe recipe,
      Compressions compressions,
      TrainingListener listener)
      throws IOException {
    this.dense = dense;
    this.run = run;
    this.recipe = recipe;
    this.compressions = compressions;
    this.listener = listener;
    this.between = Files.createTempFile("rankfall", ".onnx");
    // Signals end the process without closing this.
    between.toFile().deleteOnExit();
    this.lastTuning = tuning(recipe.stages());
  }

  /**
   * Does all stages but the last, and gives that one to be written.
   *
   * @param goal of parameters, if there is more than one stage
   * @throws BudgetException if no ranks meet a stage's budget
   */
  public Compression last(Goal goal) throws IOException, BudgetException {
    if (recipe.stages() == 1) {
      return compressions.of(dense, goal).refinement(lastTuning);
    }
    if (!(goal instanceof ParameterBudget budget)) {
      throw new IllegalArgumentException(
          "stages: expected a budget of parameters, found a goal of " + goal.text());
    }
    Path from = dense;
    for (int stage = 1; stage < recipe.stages(); stage++) {
      double share = Math.pow(budget.share(), (double) stage / recipe.stages());
      FineTuning tuning = tuning(stage);
      compressions.of(from, new ParameterBudget(share)).refinement(tuning).write(between);
      NetworkExport.onnx(expanded(tuning.network())).write(between);
      from = between;
    }
    return compressions.of(from, goal).refinement(lastTuning).besides(dense);
  }

  private FineTuning tuning(int stage) {
    return new FineTuning(run, recipe.ofStage(stage), listener);
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
