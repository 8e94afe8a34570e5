package io.rankfall.cli;

import io.rankfall.train.Dataset;
import io.rankfall.train.data.DatasetName;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.data.FashionMnist;
import io.rankfall.train.data.KnownDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is trained on. */
final class DatasetOptions {
  @Option(
      names = "--data",
      paramLabel = "NAME|PATH",
      description = {
        "Data set: fashion-mnist, mnist, cifar10, cifar100, svhn or austen ('rankfall data' tells of",
        "them); or a folder of images in a subfolder for each class, an npz file of x and y, a text file."
      })
  private String data = FashionMnist.NAME;

  @Option(
      names = "--size",
      paramLabel = "SIDE",
      description = "Images of a folder resized to squares of this side.")
  private @Nullable Integer size;

  @Option(
      names = "--pad",
      paramLabel = "SIDE",
      description = "Images in the centre of black squares of this side.")
  private @Nullable Integer pad;

  @Option(
      names = "--examples",
      paramLabel = "N",
      description = "Train on the first N examples only.")
  private @Nullable Integer examples;

  @Mixin private final DataFolderOption folder = new DataFolderOption();

  /** The data set's name with all that the options say, as runs have it. */
  String name() {
    return UsageException.ifRefused(
        () -> {
          DatasetName given =
              Files.exists(Path.of(data)) && KnownDataset.named(data).isEmpty()
                  ? new DatasetName(data, null, null, null)
                  : DatasetName.parse(data);
          return new DatasetName(
                  given.base(),
                  once("--size", given.size(), size),
                  once("--pad", given.pad(), pad),
                  once("--examples", given.examples(), examples))
              .toString();
        });
  }

  private static @Nullable Integer once(
      String option, @Nullable Integer named, @Nullable Integer given) {
    if (named != null && given != null) {
      throw new UsageException(
          "%s: expected once, found %d beside the %d of --data".formatted(option, given, named));
    }
    return given == null ? named : given;
  }

  /** Refuses settings that do not go together before known data are fetched. */
  void requireFit(SpecOptions options) {
    UsageException.ifRefused(
        () ->
            Datasets.knownContents(name())
                .map(known -> options.spec(name(), known.shape(), known.classes())));
  }

  /** Opens the data set; what is known and missing is fetched. */
  Dataset open(Console console) throws IOException, InterruptedException {
    DownloadProgress progress = new DownloadProgress(console);
    try {
      return Datasets.in(folder.folder()).downloading(progress).open(name());
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    } finally {
      console.endStatus();
    }
  }
}
