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
  Map<String, @Nullable Object> ofRun(StoredRun run, @Nullable StoredEpoch last) {
    Map<String, @Nullable Object> row = settings(run);
    row.put("seconds", run.seconds());
    row.put("crashes", run.crashes());
    row.put("message", run.message());
    addEpoch(row, last);
    return row;
  }

  Map<String, @Nullable Object> ofEpoch(StoredRun run, StoredEpoch epoch) {
    Map<String, @Nullable Object> row = settings(run);
    addEpoch(row, epoch);
    return row;
  }

  Map<String, @Nullable Object> ofLayer(StoredRun run, StoredEpoch epoch, StoredLayer layer) {
    Map<String, @Nullable Object> row = settings(run);
    row.put("epoch", epoch.epoch());
    row.put("layer", layer.name());
    row.put("outputs", layer.outputs());
    row.put("inputs", layer.inputs());
    row.put("rank1e-3", layer.rank1e3());
    row.put("rank1e-2", layer.rank1e2());
    row.put("stableRank", layer.stableRank());
    row.put("effectiveRank", layer.effectiveRank());
    row.put("frobeniusNorm", layer.frobeniusNorm());
    row.put("spectralNorm", layer.spectralNorm());
    for (double threshold : thresholds) {
      row.put("rank" + RunsTable.number(threshold), rank(layer, threshold));
    }
    return row;
  }

  /** One for each way of compressing and each tolerance. */
  List<Map<String, @Nullable Object>> ofCompressibility(StoredRun run, Compressibility found) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (Compressibility.Smallest smallest : found.smallest()) {
      Map<String, @Nullable Object> row = settings(run);
      row.put("denseAccuracy", found.accuracy());
      row.put("meanRank1e-2", run.last() == null ? null : run.last().meanRank1e2());
      row.put("method", smallest.method().name());
      row.put("points", smallest.points());
      row.put("parametersLeft", smallest.parameters());
      row.put("share", smallest.share());
      row.put("accuracy", smallest.accuracy());
      rows.add(row);
    }
    return rows;
  }

  private static Map<String, @Nullable Object> settings(StoredRun run) {
    RunSpec spec = run.spec();
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("run", run.id());
    row.put("state", run.state().name());
    row.put("dataset", spec.dataset());
    row.put("architecture", spec.architecture().label());
    row.put("parameters", spec.architecture().parameters());
    row.put("initialization", spec.initialization().name());
    row.put("learner", spec.learner().name());
    row.put("batchSize", spec.batchSize());
    row.put("learningRate", spec.sgd().learningRate());
    row.put("weightDecay", spec.sgd().weightDecay());
    row.put("momentum", spec.sgd().momentum());
    row.put(
        "milestones",
        spec.sgd().schedule().milestones().stream()
            .map(String::valueOf)
            .collect(Collectors.joining(" ")));
    row.put("decayFactor", spec.sgd().schedule().factor());
    row.put("epochs", spec.epochs());
    row.put("seed", spec.seed());
    return row;
  }

  private void addEpoch(Map<String, @Nullable Object> row, @Nullable StoredEpoch epoch) {
    Evaluation training = epoch == null ? null : epoch.training();
    row.put("epoch", epoch == null ? null : epoch.epoch());
    row.put("epochLearningRate", epoch == null ? null : epoch.learningRate());
    row.put("trainingLoss", training == null ? null : number(training.loss()));
    row.put("trainingAccuracy", training == null ? null : training.accuracy());
    row.put("testLoss", epoch == null ? null : number(epoch.test().loss()));
    row.put("testAccuracy", epoch == null ? null : epoch.test().accuracy());
    row.put("meanRank1e-3", epoch == null ? null : epoch.meanRank1e3());
    row.put("meanRank1e-2", epoch == null ? null : epoch.meanRank1e2());
    for (double threshold : thresholds) {
      row.put(
          "meanRank" + RunsTable.number(threshold),
          epoch == null ? null : meanRank(epoch.layers(), threshold));
    }
  }

  /** JSON has no NaN. */
  private static @Nullable Double number(double value) {
    return Double.isFinite(value) ? value : null;
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
