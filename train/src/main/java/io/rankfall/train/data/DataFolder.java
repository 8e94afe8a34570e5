package io.rankfall.train.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of known data sets are kept, those of each in a folder of its name; files that
 * lie in this folder itself are found too.
 */
public record DataFolder(Path path) {

  /**
   * What the environment variable {@code RANKFALL_DATA} names; without it {@code rankfall/data} in
   * the user's cache folder: {@code XDG_CACHE_HOME} or {@code ~/.cache}, {@code ~/Library/Caches}
   * on macOS, {@code LOCALAPPDATA} on Windows.
   */
  public static DataFolder byDefault() {
    return of(
        System.getenv(),
        System.getProperty("os.name", ""),
        Path.of(System.getProperty("user.home", "")));
  }

  static DataFolder of(Map<String, String> environment, String system, Path home) {
    String named = environment.getOrDefault("RANKFALL_DATA", "");
    return named.isBlank()
        ? new DataFolder(cache(environment, system, home).resolve("rankfall").resolve("data"))
        : new DataFolder(Path.of(named));
  }

  private static Path cache(Map<String, String> environment, String system, Path home) {
    String name = system.toLowerCase(Locale.ROOT);
    if (name.startsWith("windows")) {
      @Nullable Path local = absolute(environment.get("LOCALAPPDATA"));
      return local == null ? home.resolve("AppData").resolve("Local") : local;
    }
    if (name.startsWith("mac")) {
      return home.resolve("Library").resolve("Caches");
    }
    @Nullable Path cache = absolute(environment.get("XDG_CACHE_HOME"));
    return cache == null ? home.resolve(".cache") : cache;
  }

  /** A path of the environment; relative ones are to be ignored, says the XDG specification. */
  private static @Nullable Path absolute(@Nullable String path) {
    return path == null || path.isBlank() || !Path.of(path).isAbsolute() ? null : Path.of(path);
  }

  /** Where files of a known data set are put. */
  public Path of(KnownDataset known) {
    return path.resolve(known.label());
  }

  /** Where files of a known data set are looked for. */
  FolderFiles files(KnownDataset known) {
    List<Path> own = known.folders().stream().map(of(known)::resolve).toList();
    List<Path> shared = known.folders().stream().map(path::resolve).toList();
    return new FolderFiles(
        known.label(),
        Stream.concat(own.stream(), shared.stream()).toList(),
        known.files().stream()
            .collect(Collectors.toMap(PublishedFile::name, PublishedFile::sha256)));
  }
}
