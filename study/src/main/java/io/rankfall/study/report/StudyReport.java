package io.rankfall.study.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankfall.compress.AtomicFile;
import io.rankfall.study.Versions;
import io.rankfall.study.statistics.RunSummary;
import io.rankfall.study.statistics.RunTable;
import io.rankfall.study.statistics.SetApart;
import io.rankfall.study.statistics.StudyStatistics;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.StoredEpoch;
import io.rankfall.study.store.StoredLayer;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.train.Evaluation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A study as one HTML file: rank over batch size, learning rate and weight decay for any threshold,
 * over the epochs, whole spectra, how small the networks become, and what the statistics say.
 */
public final class StudyReport {
  private static final List<String> SCRIPTS =
      List.of(
          "page-format.js",
          "page-theme.js",
          "page-chart.js",
          "page-frame.js",
          "page-controls.js",
          "study-data.js",
          "page-figure.js",
          "study-figure.js",
          "study-maps.js",
          "study-training.js",
          "study-spectra.js",
          "study-compressibility.js",
          "study-runs.js",
          "study-statistics.js",
          "study-page.js");

  private final StudyDocument document;

  private StudyReport(StudyDocument document) {
    this.document = document;
  }

  /**
   * Reads what the page shows, run by run.
   *
   * @param name what the page calls the study
   * @param runs of the store, those to be shown
   * @param table the same runs as the statistics see them
   * @param seed of the statistics' bootstrap
   */
  public static StudyReport of(
      String name, StudyStore store, List<StoredRun> runs, RunTable table, long seed)
      throws IOException {
    StudyStatistics statistics = StudyStatistics.of(table, seed);
    return new StudyReport(new Reading(store, table, statistics).document(name, runs));
  }

  /** Writes the page, whole or not at all. */
  public void write(Path path) throws IOException {
    byte[] html = render().getBytes(UTF_8);
    AtomicFile.write(path, out -> out.write(html));
  }

  /** The whole HTML document. */
  public String render() {
    return HtmlPage.render(
        "Rankfall: " + document.study(),
        List.of(HtmlPage.Library.ECHARTS, HtmlPage.Library.D3_ARRAY, HtmlPage.Library.D3_CONTOUR),
        SCRIPTS,
        document);
  }

  /** Turns rows of the store into the document. */
  private static final class Reading {
    private final StudyStore store;
    private final RunTable table;
    private final StudyStatistics statistics;
    private final Map<String, String> settings;
    private final Map<String, SetApart.Reason> apart;
    private final Map<String, Compressibility> compressibilities;

    /** By settings, in the order of the runs. */
    private final Map<String, StudyDocument.Network> networks = new LinkedHashMap<>();

    Reading(StudyStore store, RunTable table, StudyStatistics statistics) throws IOException {
      this.store = store;
      this.table = table;
      this.statistics = statistics;
      this.settings =
          table.runs().stream().collect(Collectors.toMap(RunSummary::id, RunSummary::others));
      this.apart =
          statistics.apart().stream().collect(Collectors.toMap(SetApart::run, SetApart::reason));
      this.compressibilities = store.compressibilities();
    }

    StudyDocument document(String name, List<StoredRun> stored) throws IOException {
      List<StudyDocument.Run> runs = new ArrayList<>();
      for (StoredRun run : stored) {
        runs.add(run(run));
      }
      return new StudyDocument(
          name,
          Versions.ofBuild().rankfall(),
          StudyDocument.THRESHOLDS,
          table.testExamples(),
          List.copyOf(networks.values()),
          runs,
          statistics,
          store.provenance());
    }

    private StudyDocument.Run run(StoredRun run) throws IOException {
      List<StoredEpoch> epochs = store.epochs(run.id());
      List<StoredEpoch> shown = StudyDocument.shown(epochs);
      StoredEpoch last = epochs.isEmpty() ? null : epochs.get(epochs.size() - 1);
      Evaluation training = last == null ? null : last.training();
      return new StudyDocument.Run(
          run.id(),
          network(run, last == null ? List.of() : last.layers()),
          run.spec().batchSize(),
          run.spec().optimizer().learningRate(),
          run.spec().optimizer().weightDecay(),
          run.spec().seed(),
          apart.containsKey(run.id()) ? apart.get(run.id()).name() : run.state().name(),
          run.message(),
          run.seconds(),
          shown.stream().map(StoredEpoch::epoch).toList(),
          StudyDocument.accuracies(shown),
          StudyDocument.ranks(shown),
          last == null ? "" : StudyDocument.spectra(last),
          training == null ? null : training.accuracy(),
          last == null ? null : last.test().accuracy(),
          training == null ? null : training.loss(),
          last == null ? null : last.test().loss(),
          smallest(run.id()));
    }

    private List<Compressibility.Smallest> smallest(String run) {
      Compressibility found = compressibilities.get(run);
      return found == null ? List.of() : found.smallest();
    }

    private int network(StoredRun run, List<StoredLayer> layers) {
      String words = Objects.requireNonNull(settings.get(run.id()), run.id());
      StudyDocument.Network known = networks.get(words);
      if (known == null || known.layers().isEmpty()) {
        networks.put(words, new StudyDocument.Network(label(run, known), words, shapes(layers)));
      }
      return List.copyOf(networks.keySet()).indexOf(words);
    }

    /** The architecture's and how its steps differ, told apart by a number where more does. */
    private String label(StoredRun run, StudyDocument.@Nullable Network known) {
      if (known != null) {
        return known.label();
      }
      String step = run.spec().stepLabel();
      String label = run.spec().architecture().shortLabel() + (step.isEmpty() ? "" : ", " + step);
      long same =
          networks.values().stream()
              .filter(n -> n.label().equals(label) || n.label().startsWith(label + " ("))
              .count();
      return same == 0 ? label : "%s (%d)".formatted(label, same + 1);
    }

    private static List<StudyDocument.Layer> shapes(List<StoredLayer> layers) {
      return layers.stream().map(StudyDocument::layer).toList();
    }
  }
}
