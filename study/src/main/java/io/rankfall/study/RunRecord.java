package io.rankfall.study;

import static java.util.Objects.requireNonNull;

import io.rankfall.spectra.Spectrum;
import io.rankfall.study.Results.LayerResult;
import io.rankfall.study.Results.RunResult;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.RunSpec;
import java.util.List;

/**
 * The content of {@code run.json}: what was trained, with what, and what came of it, whole spectra
 * of every epoch included.
 *
 * @param dataSha256 of the data set's raw files
 */
public record RunRecord(
    int formatVersion,
    RunSpec spec,
    String dataSha256,
    Versions versions,
    Machine machine,
    RunResult result) {

  public static final int FORMAT_VERSION = 1;

  public RunRecord {
    requireNonNull(spec, "spec");
    requireNonNull(result, "result");
    if (result.epochs().isEmpty()) {
      throw new IllegalArgumentException("run: expected at least one epoch, found none");
    }
  }

  /** The spectra at the last epoch. */
  public List<LayerSpectrum> lastSpectra() {
    return result.epochs().get(result.epochs().size() - 1).layers().stream()
        .map(RunRecord::spectrum)
        .toList();
  }

  private static LayerSpectrum spectrum(LayerResult layer) {
    double[] sigma =
        layer.spectrum().stream().mapToDouble(s -> s * layer.frobeniusNorm()).toArray();
    return new LayerSpectrum(layer.name(), Spectrum.of(layer.rows(), layer.cols(), sigma));
  }
}
