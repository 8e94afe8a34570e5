package io.rankfall.study;

import io.rankfall.compress.InParallel;
import io.rankfall.compress.Rows;
import io.rankfall.study.ComparisonListener.Phase;
import io.rankfall.study.ComparisonSpec.Cell;
import io.rankfall.study.CompressionLadder.Rung;
import io.rankfall.study.Results.FileResult;
import io.rankfall.study.Results.Latency;
import io.rankfall.study.Results.Provenance;
import io.rankfall.study.Results.RunResult;
import io.rankfall.study.Results.Settings;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepResult;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The main job: trains a {@link ComparisonSpec}'s networks while their ranks are watched, exports
 * and compresses them, and measures every file written.
 */
public final class Comparison {
  private final ComparisonSpec spec;
  private final Dataset dataset;
  private final Path folder;
  private final ComparisonListener listener;

  /**
   * @param folder for the files; made if missing
   */
  public Comparison(
      ComparisonSpec spec, Dataset dataset, Path folder, ComparisonListener listener) {
    this.spec = spec;
    this.dataset = dataset;
    this.folder = folder;
    this.listener = listener;
  }

  /**
   * Runs all of it. {@code models/CELL/} gets {@code run.json} with whole spectra, the dense
   * network as ONNX and safetensors, and the compressed ones as ONNX.
   *
   * @param command the command line, for the record
   * @throws IOException if a file cannot be written, or an exported file does not give the
   *     learner's logits
   * @throws InterruptedException if the thread was interrupted; files written so far are whole
   */
  public Results run(String command) throws IOException, InterruptedException {
    Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    long startNanos = System.nanoTime();
    Files.createDirectories(folder);
    List<RunFiles> trained = trainAll();
    double trainSeconds = seconds(startNanos);
    List<List<Rung>> rungs = compressAll(trained);
    List<RunResult> runs = measureAll(trained, rungs);
    double totalSeconds = seconds(startNanos);
    Machine machine = Machine.current();
    Versions versions = Versions.ofBuild();
    return new Results(
        Results.FORMAT_VERSION,
        settings(),
        new Provenance(
            versions.rankfall(),
            command,
            start.toString(),
            trainSeconds,
            totalSeconds - trainSeconds,
            totalSeconds,
            machine.java(),
            machine.operatingSystem(),
            machine.processor(),
            machine.cores(),
            versions.libraries(),
            dataset.sha256()),
        runs,
        EpochResults.references(runs.get(0).epochs().get(0).layers(), spec.base().seed()),
        Findings.of(runs, dataset.train().size()));
  }

  private Settings settings() {
    RunSpec base = spec.base();
    return new Settings(
        dataset.name(),
        dataset.train().size(),
        dataset.test().size(),
        base.architecture().label(),
        base.initialization().name(),
        base.architecture().parameters(),
        base.optimizer().learningRate(),
        base.optimizer().momentum(),
        base.optimizer().schedule().steps().milestones(),
        base.optimizer().schedule().steps().factor(),
        base.epochs(),
        base.seed(),
        spec.calibrationExamples());
  }

  /**
   * The long trainings, those with small batches, first, so that the last to end is a short one.
   */
  private List<RunFiles> trainAll() throws IOException, InterruptedException {
    Trainer trainer = new Trainer(dataset);
    List<Cell> longestFirst = new ArrayList<>(spec.cells());
    longestFirst.sort(Comparator.comparingInt(Cell::batchSize));
    List<RunFiles> trained =
        InParallel.map(spec.jobs(), longestFirst, cell -> trainOne(trainer, cell));
    List<RunFiles> inOrder = new ArrayList<>(trained);
    inOrder.sort(Comparator.comparingInt(run -> spec.cells().indexOf(run.cell())));
    return inOrder;
  }

  private RunFiles trainOne(Trainer trainer, Cell cell) throws IOException, InterruptedException {
    Run run = trainer.train(spec.run(cell), listenerOf(cell));
    RunFiles files = RunFiles.write(folder.resolve("models").resolve(cell.id()), run, dataset);
    listener.onRun(cell, run);
    return files;
  }

  private TrainingListener listenerOf(Cell cell) {
    return new TrainingListener() {
      @Override
      public void onEpoch(EpochRecord record) {
        listener.onEpoch(cell, record);
      }

      @Override
      public void onStep(int epoch, int step, StepResult result) {
        listener.onStep(cell, epoch, step);
      }
    };
  }

  private List<List<Rung>> compressAll(List<RunFiles> trained)
      throws IOException, InterruptedException {
    int features = dataset.train().features();
    int count = Math.min(spec.calibrationExamples(), dataset.train().size());
    Rows calibration = Rows.of(features, dataset.train().inputs(0, count));
    Counter counter = new Counter(Phase.COMPRESSING, trained.size());
    return InParallel.map(
        spec.jobs(),
        trained,
        run -> {
          List<Rung> rungs =
              run.completed()
                  ? CompressionLadder.write(run.onnx(), spec.budgets(), calibration)
                  : List.of();
          counter.next();
          return rungs;
        });
  }

  private List<RunResult> measureAll(List<RunFiles> trained, List<List<Rung>> rungs)
      throws IOException, InterruptedException {
    FileMeasurement measurement = new FileMeasurement(dataset.test());
    List<ToMeasure> files = new ArrayList<>();
    for (int i = 0; i < trained.size(); i++) {
      RunFiles run = trained.get(i);
      if (run.completed()) {
        files.add(new ToMeasure(run, CompressionLadder.dense(run.onnx())));
        rungs.get(i).forEach(rung -> files.add(new ToMeasure(run, rung)));
      }
    }
    Counter verified = new Counter(Phase.VERIFYING, files.size());
    List<FileMeasurement.Quality> qualities =
        InParallel.map(
            spec.jobs(),
            files,
            file -> {
              FileMeasurement.Quality quality = measurement.quality(file.rung.path());
              verified.next();
              return quality;
            });
    // One at a time: a second thread would disturb the times.
    Counter timed = new Counter(Phase.TIMING, files.size());
    List<List<Latency>> latencies =
        InParallel.map(
            1,
            files,
            file -> {
              List<Latency> l = measurement.latencies(file.run.onnx(), file.rung.path());
              timed.next();
              return l;
            });
    List<RunResult> results = new ArrayList<>();
    for (RunFiles run : trained) {
      List<FileResult> measured =
          IntStream.range(0, files.size())
              .filter(i -> files.get(i).run == run)
              .mapToObj(i -> result(files.get(i).rung, qualities.get(i), latencies.get(i)))
              .toList();
      results.add(run.result(EpochResults.CHART, measured));
    }
    return results;
  }

  private FileResult result(Rung rung, FileMeasurement.Quality quality, List<Latency> latencies) {
    return new FileResult(
        folder.relativize(rung.path()).toString().replace('\\', '/'),
        rung.policy(),
        rung.budget(),
        quality.parameters(),
        quality.bytes(),
        quality.accuracy(),
        latencies,
        rung.ranks());
  }

  private record ToMeasure(RunFiles run, Rung rung) {}

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) * 1e-9;
  }

  /** Counts finished files for the listener. */
  private final class Counter {
    private final Phase phase;
    private final int total;
    private int done;

    Counter(Phase phase, int total) {
      this.phase = phase;
      this.total = total;
    }

    synchronized void next() {
      done++;
      listener.onFiles(phase, done, total);
    }
  }
}
