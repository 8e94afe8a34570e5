package io.rankfall.cli;

import io.rankfall.compress.Compression;
import io.rankfall.compress.ExampleReader;
import io.rankfall.compress.Goal;
import io.rankfall.compress.Metric;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.StatedPreprocessing;
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
      paramLabel = "PATH",
      description =
          "Fit factors to these. Inputs prepared as the model expects them, examples first: an npy file if it has one "
              + "input; else an npz file whose arrays have the inputs' names, or a folder of npz files, each with sequences "
              + "padded to one length. Where an input named …mask is 0, positions are padding and do not count. Or a folder "
              + "of PNG, JPEG, BMP or GIF images, or of a subfolder of images for each class. 1,000 examples or 10,000 tokens "
              + "serve well.")
  private @Nullable Path calibration;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description =
          "Measure on these, and search on them for --max-drop and --max-change. As --calibration; labels are the "
              + "array 'labels', 'label' or 'y' of an npz file, or the subfolders of images in the order of their names, "
              + "0, 1, …; if all names are numbers, these.")
  private @Nullable Path data;

  @Option(
      names = "--test-data",
      paramLabel = "PATH",
      description = "Measure the finished model on these, which nothing else uses.")
  private @Nullable Path testData;

  @Option(
      names = "--preprocess",
      paramLabel = "KEY=VALUE,…",
      converter = Preprocessing.class,
      description =
          "How images become inputs, in this order: 'order' of channels rgb, bgr or gray; 'resize' to a shorter side, "
              + "or to HxW; 'crop' the centre to HxW; divide by 'scale'; subtract 'mean', divide by 'std', of each channel "
              + "between colons; 'layout' nchw or nhwc. What is left out follows from the model's input and is stated: "
              + "resize=256,crop=224x224,order=rgb,scale=255,mean=0.485:0.456:0.406,std=0.229:0.224:0.225,layout=nchw for "
              + "one of ?×3×224×224, only scale=255 for gray.")
  private StatedPreprocessing preprocessing = StatedPreprocessing.NONE;

  @Option(
      names = "--metric",
      paramLabel = "NAME",
      converter = MetricByName.class,
      description =
          "Of the first output: 'accuracy' (largest entry), 'top5', or 'r2' of rows of numbers. Default: accuracy.")
  private Metric metric = Metric.ACCURACY;

  void requireFor(Goal goal) {
    if (data == null && goal instanceof Goal.MaxDrop) {
      throw new UsageException("--max-drop: expected --data with labels, found none");
    }
    if (data == null && goal instanceof Goal.MaxChange) {
      throw new UsageException("--max-change: expected --data, found none");
    }
  }

  /**
   * Reads what there is.
   *
   * @param model which the examples are for
   */
  void addTo(Compression compression, Path model) throws IOException {
    compression.metric(metric);
    if (calibration == null && data == null && testData == null) {
      requireImages(List.of());
      return;
    }
    ExampleReader examples = ExampleReader.of(OnnxModel.read(model), preprocessing);
    if (calibration != null) {
      compression.calibration(examples.inputs(calibration));
    }
    if (data != null) {
      compression.data(examples.labelled(data));
    }
    if (testData != null) {
      compression.testData(examples.labelled(testData));
    }
    requireImages(examples.notes());
    examples.notes().forEach(compression::note);
  }

  private void requireImages(List<String> notes) {
    if (notes.isEmpty() && !preprocessing.equals(StatedPreprocessing.NONE)) {
      throw new UsageException("--preprocess: expected a folder of images, found none");
    }
  }

  /** As the library reads it. */
  static final class Preprocessing implements ITypeConverter<StatedPreprocessing> {
    @Override
    public StatedPreprocessing convert(String text) {
      try {
        return StatedPreprocessing.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
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
