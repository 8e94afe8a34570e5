package io.rankfall.cli;

import io.rankfall.spectra.RankRule;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.StoredEpoch;
import io.rankfall.study.store.StoredLayer;
import io.rankfall.study.store.StoredRun;
import io.rankfall.train.Evaluation;
import io.rankfall.train.RunSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tidy rows of a study: one measurement a row, with all settings of its run. */
final class RunRows {
  private final List<Double> thresholds;

  /**
   * @param thresholds τ of the ranks to be counted in whole spectra, relative to ‖W‖_F
   */
  RunRows(List<Double> thresholds) {
    this.thresholds = thresholds;
  }

  /** A run with its last epoch. */
  Map<String, Cell> ofRun(StoredRun run, @Nullable StoredEpoch last) {
    Map<String, Cell> row = settings(run);
    row.put("seconds", Cell.of(run.seconds()));
    row.put("crashes", Cell.of(run.crashes()));
    row.put("message", Cell.of(run.message()));
    addEpoch(row, last);
    return row;
  }

  Map<String, Cell> ofEpoch(StoredRun run, StoredEpoch epoch) {
    Map<String, Cell> row = settings(run);
    addEpoch(row, epoch);
    return row;
  }

  Map<String, Cell> ofLayer(StoredRun run, StoredEpoch epoch, StoredLayer layer) {
    Map<String, Cell> row = settings(run);
    row.put("epoch", Cell.of(epoch.epoch()));
    row.put("layer", Cell.of(layer.name()));
    row.put("outputs", Cell.of(layer.outputs()));
    row.put("inputs", Cell.of(layer.inputs()));
    row.put("rank1e-3", Cell.of(layer.rank1e3()));
    row.put("rank1e-2", Cell.of(layer.rank1e2()));
    row.put("stableRank", Cell.of(layer.stableRank()));
    row.put("effectiveRank", Cell.of(layer.effectiveRank()));
    row.put("frobeniusNorm", Cell.of(layer.frobeniusNorm()));
    row.put("spectralNorm", Cell.of(layer.spectralNorm()));
    for (double threshold : thresholds) {
      row.put("rank" + RunsTable.number(threshold), Cell.of(rank(layer, threshold)));
    }
    return row;
  }

  /** One for each way of compressing and each tolerance. */
  List<Map<String, Cell>> ofCompressibility(StoredRun run, Compressibility found) {
    List<Map<String, Cell>> rows = new ArrayList<>();
    for (Compressibility.Smallest smallest : found.smallest()) {
      Map<String, Cell> row = settings(run);
      row.put("denseAccuracy", Cell.of(found.accuracy()));
      row.put("meanRank1e-2", Cell.of(run.last() == null ? null : run.last().meanRank1e2()));
      row.put("method", Cell.of(smallest.method().name()));
      row.put("points", Cell.of(smallest.points()));
      row.put("parametersLeft", Cell.of(smallest.parameters()));
      row.put("share", Cell.of(smallest.share()));
      row.put("accuracy", Cell.of(smallest.accuracy()));
      rows.add(row);
    }
    return rows;
  }

  private static Map<String, Cell> settings(StoredRun run) {
    RunSpec spec = run.spec();
    Map<String, Cell> row = new LinkedHashMap<>();
    row.put("run", Cell.of(run.id()));
    row.put("state", Cell.of(run.state().name()));
    row.put("dataset", Cell.of(spec.dataset()));
    row.put("architecture", Cell.of(spec.architecture().label()));
    row.put("parameters", Cell.of(spec.architecture().parameters()));
    row.put("initialization", Cell.of(spec.initialization().name()));
    row.put("learner", Cell.of(spec.learner().name()));
    row.put("batchSize", Cell.of(spec.batchSize()));
    row.put("learningRate", Cell.of(spec.optimizer().learningRate()));
    row.put("weightDecay", Cell.of(spec.optimizer().weightDecay()));
    row.put("momentum", Cell.of(spec.optimizer().momentum()));
    row.put(
        "milestones",
        Cell.of(
            spec.optimizer().schedule().steps().milestones().stream()
                .map(String::valueOf)
                .collect(Collectors.joining(" "))));
    row.put("decayFactor", Cell.of(spec.optimizer().schedule().steps().factor()));
    row.put("schedule", Cell.of(spec.optimizer().schedule().label()));
    row.put("optimizer", Cell.of(spec.optimizer().method().name()));
    row.put("decayOn", Cell.of(spec.optimizer().decayOn().name()));
    row.put("clipNorm", Cell.of(spec.optimizer().clipNorm()));
    row.put("loss", Cell.of(spec.loss().name()));
    row.put("augmentation", Cell.of(spec.augmentation().toString()));
    row.put("epochs", Cell.of(spec.epochs()));
    row.put("seed", Cell.of(spec.seed()));
    return row;
  }

  private void addEpoch(Map<String, Cell> row, @Nullable StoredEpoch epoch) {
    Evaluation training = epoch == null ? null : epoch.training();
    row.put("epoch", Cell.of(epoch == null ? null : epoch.epoch()));
    row.put("epochLearningRate", Cell.of(epoch == null ? null : epoch.learningRate()));
    row.put("trainingLoss", Cell.of(training == null ? null : training.loss()));
    row.put("trainingAccuracy", Cell.of(training == null ? null : training.accuracy()));
    row.put("testLoss", Cell.of(epoch == null ? null : epoch.test().loss()));
    row.put("testAccuracy", Cell.of(epoch == null ? null : epoch.test().accuracy()));
    row.put("meanRank1e-3", Cell.of(epoch == null ? null : epoch.meanRank1e3()));
    row.put("meanRank1e-2", Cell.of(epoch == null ? null : epoch.meanRank1e2()));
    for (double threshold : thresholds) {
      row.put(
          "meanRank" + RunsTable.number(threshold),
          Cell.of(epoch == null ? null : meanRank(epoch.layers(), threshold)));
    }
  }

  /** Over all layers but the last; null where spectra are not kept. */
  private static @Nullable Double meanRank(List<StoredLayer> layers, double threshold) {
    return layers.isEmpty() || layers.stream().anyMatch(layer -> layer.spectrum() == null)
        ? null
        : StoredEpoch.hiddenMean(layers, layer -> Objects.requireNonNull(rank(layer, threshold)));
  }

  private static @Nullable Integer rank(StoredLayer layer, double threshold) {
    return layer.spectrum() == null
        ? null
        : layer.spectrum().rank(new RankRule.FrobeniusRelative(threshold));
  }
}
