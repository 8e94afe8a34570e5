package io.rankfall.study;

import static java.util.Objects.requireNonNull;

import io.rankfall.spectra.Spectrum;
import io.rankfall.study.Results.LayerResult;
import io.rankfall.study.Results.RunResult;
import io.rankfall.train.Dataset;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.RunSpec;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  /**
   * What leads to the run's last epoch: its spec, with the epochs that were trained where a rule
   * ended it.
   */
  public RunSpec trainedSpec() {
    int epochs = result.lastEpoch().epoch();
    return result.outcome().diverged() != null || epochs == spec.epochs()
        ? spec
        : spec.withEpochs(epochs);
  }

  /**
   * What the run was trained on: {@code all} or, if its last examples were held out, the rest.
   *
   * @throws IllegalArgumentException in one line, if it was trained on something else
   */
  public Dataset data(Dataset all) {
    if (!dataSha256.equals(all.sha256())) {
      throw new IllegalArgumentException(
          "run: expected one on data %s, found %s".formatted(all.sha256(), dataSha256));
    }
    String name = spec.dataset();
    if (name.equals(all.name())) {
      return all;
    }
    Matcher part = Pattern.compile(Pattern.quote(all.name()) + "-(\\d{1,9})").matcher(name);
    if (!part.matches()) {
      throw new IllegalArgumentException(
          "run: expected one on data %s, found %s".formatted(all.name(), name));
    }
    return all.first(Integer.parseInt(part.group(1)));
  }

  private static LayerSpectrum spectrum(LayerResult layer) {
    double[] sigma =
        layer.spectrum().stream().mapToDouble(s -> s * layer.frobeniusNorm()).toArray();
    return new LayerSpectrum(layer.name(), Spectrum.of(layer.rows(), layer.cols(), sigma));
  }
}
