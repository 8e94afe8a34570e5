package io.rankfall.study;

import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.Results.EpochResult;
import io.rankfall.study.Results.LayerResult;
import io.rankfall.study.Results.Reference;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.LayerSpectrum;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Epochs of a training as results: ranks by rule, and spectra rounded to a number of digits. */
final class EpochResults {

  /**
   * Significant digits of a spectrum in results.json and the report: more than a chart can show.
   */
  static final MathContext CHART = new MathContext(4);

  /** Significant digits of a spectrum in run.json: those of single precision. */
  static final MathContext FULL = new MathContext(9);

  private EpochResults() {}

  static EpochResult of(EpochRecord record, MathContext digits) {
    Evaluation training = record.training();
    Evaluation validation = record.validation();
    return new EpochResult(
        record.epoch(),
        training == null ? null : record.learningRate(),
        training == null ? null : training.loss(),
        training == null ? null : training.accuracy(),
        validation == null ? null : validation.loss(),
        validation == null ? null : validation.accuracy(),
        record.test().loss(),
        record.test().accuracy(),
        record.layers().stream().map(layer -> layer(layer, digits)).toList());
  }

  private static LayerResult layer(LayerSpectrum layer, MathContext digits) {
    Spectrum s = layer.spectrum();
    return new LayerResult(
        layer.name(),
        s.rows(),
        s.cols(),
        s.rank(RankRule.FROBENIUS_THOUSANDTH),
        s.rank(RankRule.FROBENIUS_HUNDREDTH),
        s.stableRank(),
        s.effectiveRank(),
        s.frobeniusNorm(),
        normalized(s, digits));
  }

  /** One Gaussian reference for each shape among the layers. */
  static List<Reference> references(List<LayerResult> layers, long seed) {
    List<Reference> references = new ArrayList<>();
    for (LayerResult layer : layers) {
      if (references.stream()
          .noneMatch(r -> r.rows() == layer.rows() && r.cols() == layer.cols())) {
        Spectrum random = Spectrum.ofGaussian(layer.rows(), layer.cols(), seed);
        references.add(new Reference(layer.rows(), layer.cols(), normalized(random, CHART)));
      }
    }
    return references;
  }

  /** σ/‖W‖_F, rounded; all zero for a zero matrix. */
  private static List<Double> normalized(Spectrum s, MathContext digits) {
    double norm = s.frobeniusNorm() == 0 ? 1 : s.frobeniusNorm();
    List<Double> values = new ArrayList<>(s.size());
    for (int i = 0; i < s.size(); i++) {
      values.add(new BigDecimal(s.sigma(i) / norm).round(digits).doubleValue());
    }
    return values;
  }
}
