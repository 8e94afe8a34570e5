package io.rankfall.train.tracking;

import io.rankfall.spectra.RankRule;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.LayerSpectrum;
import java.util.LinkedHashMap;
import java.util.Map;

/** The numbers of an epoch that are drawn as lines, by the names that trackers show. */
final class EpochScalars {
  private EpochScalars() {}

  /**
   * {@code loss/train} and {@code loss/test} in nats, {@code accuracy/train} and {@code
   * accuracy/test} from 0 to 1, {@code learning_rate}; of each layer {@code rank_1e-2/LAYER} and
   * {@code rank_1e-3/LAYER}, which count σ/‖W‖_F above that, and {@code stable_rank/LAYER}; and
   * {@link EpochRecord#meanRank}, {@code rank_mean/1e-2} and {@code rank_mean/1e-3}.
   */
  static Map<String, Double> of(EpochRecord record) {
    Map<String, Double> scalars = new LinkedHashMap<>();
    Evaluation training = record.training();
    if (training != null) {
      scalars.put("loss/train", training.loss());
      scalars.put("accuracy/train", training.accuracy());
    }
    scalars.put("loss/test", record.test().loss());
    scalars.put("accuracy/test", record.test().accuracy());
    scalars.put("learning_rate", record.learningRate());
    ranks("1e-2", RankRule.FROBENIUS_HUNDREDTH, record, scalars);
    ranks("1e-3", RankRule.FROBENIUS_THOUSANDTH, record, scalars);
    for (LayerSpectrum layer : record.layers()) {
      scalars.put("stable_rank/" + layer.name(), layer.spectrum().stableRank());
    }
    return scalars;
  }

  private static void ranks(
      String threshold, RankRule rule, EpochRecord record, Map<String, Double> to) {
    for (LayerSpectrum layer : record.layers()) {
      to.put("rank_%s/%s".formatted(threshold, layer.name()), (double) layer.spectrum().rank(rule));
    }
    if (!record.layers().isEmpty()) {
      to.put("rank_mean/" + threshold, record.meanRank(rule));
    }
  }
}
