package io.rankfall.cli;

import io.rankfall.compress.Compression;
import io.rankfall.compress.Goal;
import io.rankfall.compress.LabelledInputs;
import io.rankfall.compress.Metric;
import io.rankfall.compress.ModelInputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Where {@code compress} finds examples, and what it does with them. */
final class DataOptions {
  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description = {
        "Fit factors to these. Inputs prepared as the model expects them, examples first: an npy file if it has one",
        "input; else an npz file whose arrays have the inputs' names, or a folder of npz files, each with sequences",
        "padded to one length. Where an input named …mask is 0, positions are padding and do not count. 1,000",
        "examples or 10,000 tokens serve well."
      })
  private @Nullable Path calibration;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = {
        "Measure on these, and search on them for --max-drop and --max-change. As --calibration; labels are the",
        "array 'labels' of an npz file."
      })
  private @Nullable Path data;

  @Option(
      names = "--test-data",
      paramLabel = "FILE",
      description = "Measure the finished model on these, which nothing else uses.")
  private @Nullable Path testData;

  @Option(
      names = "--metric",
      paramLabel = "NAME",
      converter = MetricByName.class,
      description = {
        "Of the first output: 'accuracy' (largest entry), 'top5', or 'r2' of rows of numbers. Default: accuracy."
      })
  private Metric metric = Metric.ACCURACY;

  void requireFor(Goal goal) {
    if (data == null && goal instanceof Goal.MaxDrop) {
      throw new UsageException("--max-drop: expected --data with labels, found none");
    }
    if (data == null && goal instanceof Goal.MaxChange) {
      throw new UsageException("--max-change: expected --data, found none");
    }
  }

  void addTo(Compression compression) throws IOException {
    compression.metric(metric);
    if (calibration != null) {
      compression.calibration(ModelInputs.read(calibration));
    }
    if (data != null) {
      compression.data(LabelledInputs.read(data));
    }
    if (testData != null) {
      compression.testData(LabelledInputs.read(testData));
    }
  }

  /** The metrics that need no code. */
  static final class MetricByName implements ITypeConverter<Metric> {
    private static final List<Metric> KNOWN = List.of(Metric.ACCURACY, Metric.TOP_5, Metric.R2);

    @Override
    public Metric convert(String text) {
      return KNOWN.stream()
          .filter(metric -> metric.name().equalsIgnoreCase(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "expected one of %s, found '%s'"
                          .formatted(
                              KNOWN.stream().map(Metric::name).collect(Collectors.joining(", ")),
                              text)));
    }
  }
}
