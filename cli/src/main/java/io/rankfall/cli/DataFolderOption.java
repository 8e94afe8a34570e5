package io.rankfall.cli;

import io.rankfall.train.data.DataFolder;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the files of known data sets are. */
final class DataFolderOption {
  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description =
          "Folder of the data sets' files; without it the variable RANKFALL_DATA names it, or it is"
              + " rankfall/data in the user's cache folder.")
  private @Nullable Path path;

  /** What the option says, whatever the working directory. */
  Optional<Path> given() {
    return Optional.ofNullable(path).map(Path::toAbsolutePath);
  }

  DataFolder folder() {
    return path == null ? DataFolder.byDefault() : new DataFolder(path);
  }
}
