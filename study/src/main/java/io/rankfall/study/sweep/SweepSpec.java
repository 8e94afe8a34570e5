package io.rankfall.study.sweep;

import io.rankfall.train.RunSettings;
import io.rankfall.train.RunSpec;
import io.rankfall.train.data.Contents;
import io.rankfall.train.data.DataFolder;
import io.rankfall.train.data.Datasets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The runs of a sweep, all different.
 *
 * @param text the specification as it was written
 * @param spectraEvery epochs between two whose whole spectra are kept; the last ones always are
 * @param compressibility whether it is searched how small the trained networks become
 */
public record SweepSpec(
    String name, String text, List<RunSpec> runs, int spectraEvery, boolean compressibility) {
  /** Specifications that come with the program. */
  public static final List<String> PRESETS =
      List.of("ten-minutes", "paper-mlp", "paper-mlp-5-500", "paper-mlp-full");

  private static final int MOST_RUNS = 100_000;

  public SweepSpec {
    runs = List.copyOf(runs);
  }

  /**
   * What options of a command line ask for.
   *
   * @param values that replace those of the specification
   * @param seeds that replace those of the specification, if there are any
   * @param data name of the data set that replaces the specification's, or null
   */
  public record Overrides(
      Map<Setting, List<String>> values, List<Long> seeds, @Nullable String data) {
    public static final Overrides NONE = new Overrides(Map.of(), List.of(), null);

    public Overrides(Map<Setting, List<String>> values, List<Long> seeds) {
      this(values, seeds, null);
    }

    public Overrides {
      values = Map.copyOf(values);
      seeds = List.copyOf(seeds);
    }
  }

  /**
   * Reads a file, or a preset if there is no file of that name.
   *
   * @throws SweepFormatException in one line with the number of the line, if it cannot be followed
   */
  public static SweepSpec read(String fileOrPreset, Overrides overrides) throws IOException {
    Path file = Path.of(fileOrPreset);
    if (!Files.exists(file) && PRESETS.contains(fileOrPreset)) {
      return of(fileOrPreset, preset(fileOrPreset), overrides);
    }
    if (!Files.isRegularFile(file)) {
      throw new SweepFormatException(
          fileOrPreset, "expected a file or one of %s, found neither".formatted(PRESETS));
    }
    try {
      return of(fileOrPreset, Files.readString(file), overrides);
    } catch (CharacterCodingException e) {
      throw new SweepFormatException(fileOrPreset, "expected text in UTF-8, found other bytes");
    }
  }

  /**
   * The text of a preset.
   *
   * @param name one of {@link #PRESETS}
   */
  public static String preset(String name) throws IOException {
    try (InputStream in = SweepSpec.class.getResourceAsStream(name + ".yaml")) {
      if (in == null) {
        throw new IOException("preset: expected one of %s, found %s".formatted(PRESETS, name));
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /**
   * Reads a text.
   *
   * @param file how messages name it
   */
  public static SweepSpec of(String file, String yaml, Overrides overrides)
      throws SweepFormatException {
    SweepDraft draft = new SweepDraft(file);
    draft.read(yaml);
    return build(draft, yaml, overrides);
  }

  /** A grid of the given values alone. */
  public static SweepSpec ofOptions(Overrides overrides) throws SweepFormatException {
    return build(new SweepDraft("options"), "", overrides);
  }

  private static SweepSpec build(SweepDraft draft, String yaml, Overrides overrides)
      throws SweepFormatException {
    overrides.values.forEach(
        (setting, values) -> draft.choices.put(setting, new Choice.Listed("options", values)));
    if (overrides.data != null) {
      draft.data = overrides.data;
    }
    if (!overrides.seeds.isEmpty()) {
      draft.seeds = overrides.seeds;
    }
    List<Map<Setting, String>> points =
        draft.method == SweepDraft.Method.GRID ? grid(draft) : random(draft);
    Contents contents = contents(draft);
    Map<String, RunSpec> runs = new LinkedHashMap<>();
    for (Map<Setting, String> point : points) {
      for (long seed : draft.seeds) {
        RunSpec run = run(draft, contents, point, seed);
        runs.putIfAbsent(run.id(), run);
      }
    }
    String options = overrides.values.isEmpty() ? "" : "# options: " + overrides.values + "\n";
    if (overrides.data != null) {
      options += "# data: " + overrides.data + "\n";
    }
    return new SweepSpec(
        draft.name,
        options + yaml,
        new ArrayList<>(runs.values()),
        draft.spectraEvery,
        draft.compressibility);
  }

  private static List<Map<Setting, String>> grid(SweepDraft draft) throws SweepFormatException {
    List<Map<Setting, String>> points = List.of(Map.of());
    for (Map.Entry<Setting, Choice> entry : draft.choices.entrySet()) {
      List<Map<Setting, String>> longer = new ArrayList<>();
      List<String> values = entry.getValue().values();
      if ((long) points.size() * values.size() * draft.seeds.size() > MOST_RUNS) {
        throw new SweepFormatException(
            draft.file(), "runs: expected at most %,d, found more".formatted(MOST_RUNS));
      }
      for (Map<Setting, String> point : points) {
        for (String value : values) {
          Map<Setting, String> next = new EnumMap<>(Setting.class);
          next.putAll(point);
          next.put(entry.getKey(), value);
          longer.add(next);
        }
      }
      points = longer;
    }
    return points;
  }

  private static List<Map<Setting, String>> random(SweepDraft draft) {
    SplittableRandom random = new SplittableRandom(draft.drawSeed);
    List<Map<Setting, String>> points = new ArrayList<>();
    for (int t = 0; t < draft.trials; t++) {
      Map<Setting, String> point = new EnumMap<>(Setting.class);
      draft.choices.forEach((setting, choice) -> point.put(setting, choice.draw(random)));
      points.add(point);
    }
    return points;
  }

  private static Contents contents(SweepDraft draft) throws SweepFormatException {
    try {
      return Datasets.in(DataFolder.byDefault()).contents(draft.data);
    } catch (IOException | IllegalArgumentException e) {
      throw new SweepFormatException(draft.file(), String.valueOf(e.getMessage()));
    }
  }

  private static RunSpec run(
      SweepDraft draft, Contents contents, Map<Setting, String> point, long seed)
      throws SweepFormatException {
    RunSettings settings = new RunSettings().seed(seed);
    for (Map.Entry<Setting, String> entry : point.entrySet()) {
      try {
        entry.getKey().set(settings, entry.getValue());
      } catch (IllegalArgumentException e) {
        Setting setting = entry.getKey();
        String where = Objects.requireNonNull(draft.choices.get(setting), setting.key()).where();
        throw new SweepFormatException(where, setting.key() + ": " + e.getMessage());
      }
    }
    try {
      RunSpec run = settings.spec(draft.data, contents.shape(), contents.classes());
      if (run.batchSize() > contents.train()) {
        throw new IllegalArgumentException(
            "batch size: expected at most the %d training examples, found %d"
                .formatted(contents.train(), run.batchSize()));
      }
      return run;
    } catch (IllegalArgumentException e) {
      String given =
          point.entrySet().stream()
              .map(entry -> entry.getKey().key() + "=" + entry.getValue())
              .collect(Collectors.joining(", "));
      throw new SweepFormatException(
          draft.file(), "run with %s: %s".formatted(given, e.getMessage()));
    }
  }
}
