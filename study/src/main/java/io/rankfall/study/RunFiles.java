package io.rankfall.study;

import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.study.ComparisonSpec.Cell;
import io.rankfall.study.Results.FileResult;
import io.rankfall.study.Results.Outcome;
import io.rankfall.study.Results.RunResult;
import io.rankfall.train.Dataset;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import java.io.IOException;
import java.math.MathContext;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finished run in its folder: {@code run.json} with whole spectra and, unless it diverged, the
 * network as {@code model.onnx} and {@code model.safetensors}.
 */
public final class RunFiles {
  public static final String RUN = "run.json";
  public static final String ONNX = "model.onnx";
  public static final String SAFETENSORS = "model.safetensors";

  /** Of the folder that a run is exported to before it takes its place. */
  private static final String PARTS = ".unfinished-";

  private static final List<String> NAMES = List.of(RUN, ONNX, SAFETENSORS);

  private final Path folder;
  private final Run run;
  private final @Nullable Double exportError;

  private RunFiles(Path folder, Run run, @Nullable Double exportError) {
    this.folder = folder;
    this.run = run;
    this.exportError = exportError;
  }

  /**
   * Exports a run. All files are written and the ONNX file is checked in a folder of their own
   * before they take the place of an earlier run's, so that a failure leaves that one as it was.
   *
   * @param folder made if missing
   * @param dataset what the run was trained on
   * @throws IOException if a file cannot be written, or the ONNX file reloaded in ONNX Runtime
   *     gives other logits than the learner on the test examples
   */
  public static RunFiles write(Path folder, Run run, Dataset dataset) throws IOException {
    Files.createDirectories(folder);
    Path fresh = Files.createTempDirectory(folder, PARTS);
    try {
      Double exportError =
          run.outcome() instanceof RunOutcome.Trained trained
              ? export(fresh, new TrainedRun(run.spec(), dataset, trained.network()))
              : null;
      RunFiles files = new RunFiles(folder, run, exportError);
      ResultsFile.write(fresh.resolve(RUN), files.record(dataset));
      replace(fresh, folder);
      return files;
    } finally {
      for (String name : NAMES) {
        Files.deleteIfExists(fresh.resolve(name));
      }
      Files.delete(fresh);
    }
  }

  /** Removes what killed processes have left of runs that they were exporting. */
  static void removeParts(Path folder) throws IOException {
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, PARTS + "*")) {
      for (Path part : parts) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(part)) {
          for (Path file : files) {
            Files.deleteIfExists(file);
          }
        }
        Files.delete(part);
      }
    }
  }

  /** The record goes first and comes last: without it a folder is no run. */
  private static void replace(Path fresh, Path folder) throws IOException {
    Files.deleteIfExists(folder.resolve(RUN));
    for (String name : List.of(ONNX, SAFETENSORS, RUN)) {
      if (Files.exists(fresh.resolve(name))) {
        Files.move(fresh.resolve(name), folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      } else {
        Files.deleteIfExists(folder.resolve(name));
      }
    }
  }

  private static double export(Path folder, TrainedRun run) throws IOException {
    Path onnx = folder.resolve(ONNX);
    NetworkExport.onnx(run.network()).write(onnx);
    NetworkExport.safetensors(run.network(), folder.resolve(SAFETENSORS));
    try (OnnxRuntimeSession session = OnnxRuntimeSession.open(onnx)) {
      return ExportCheck.require(onnx.toString(), session, run);
    }
  }

  private RunRecord record(Dataset dataset) {
    return new RunRecord(
        RunRecord.FORMAT_VERSION,
        run.spec(),
        dataset.sha256(),
        Versions.ofBuild(),
        Machine.current(),
        result(EpochResults.FULL, List.of()));
  }

  /** Whether the training ended with a network, and so with model files. */
  boolean completed() {
    return run.outcome() instanceof RunOutcome.Trained;
  }

  Cell cell() {
    return new Cell(run.spec().batchSize(), run.spec().optimizer().weightDecay());
  }

  Path onnx() {
    return folder.resolve(ONNX);
  }

  /** The run's record, with what was measured on its files. */
  RunResult result(MathContext digits, List<FileResult> files) {
    return new RunResult(
        cell().id(),
        cell().label(),
        cell().batchSize(),
        cell().weightDecay(),
        run.spec().learner().name(),
        Outcome.of(run.outcome()),
        run.seconds(),
        exportError,
        run.epochs().stream().map(epoch -> EpochResults.of(epoch, digits)).toList(),
        files);
  }
}
