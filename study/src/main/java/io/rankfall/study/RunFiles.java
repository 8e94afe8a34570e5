package io.rankfall.study;

import io.rankfall.study.ComparisonSpec.Cell;
import io.rankfall.study.Results.FileResult;
import io.rankfall.study.Results.Outcome;
import io.rankfall.study.Results.RunResult;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Learner;
import io.rankfall.train.Network;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /**
   * Largest |Δlogit|/max |logit| of an exported file against the learner: single-precision rounding
   * through the layers.
   */
  static final double EXPORT_TOLERANCE = 1e-4;

  private final Path folder;
  private final Run run;
  private final @Nullable Double exportError;

  private RunFiles(Path folder, Run run, @Nullable Double exportError) {
    this.folder = folder;
    this.run = run;
    this.exportError = exportError;
  }

  /**
   * Exports a run; {@code run.json} is written last.
   *
   * @param folder made if missing
   * @param dataset what the run was trained on
   * @throws IOException if a file cannot be written, or the ONNX file reloaded in ONNX Runtime
   *     gives other logits than the learner on the test examples
   */
  public static RunFiles write(Path folder, Run run, Dataset dataset) throws IOException {
    Files.createDirectories(folder);
    // What an earlier run left here must not pass for this one's.
    for (String earlier : List.of(RUN, ONNX, SAFETENSORS)) {
      Files.deleteIfExists(folder.resolve(earlier));
    }
    Double exportError = null;
    if (run.outcome() instanceof RunOutcome.Completed completed) {
      Path onnx = folder.resolve(ONNX);
      NetworkExport.onnx(completed.network()).write(onnx);
      NetworkExport.safetensors(completed.network(), folder.resolve(SAFETENSORS));
      exportError = exportError(onnx, run.spec(), completed.network(), dataset.test());
      if (!(exportError <= EXPORT_TOLERANCE)) {
        Files.delete(onnx);
        throw new IOException(
            "%s: expected the learner's logits to %s relative, found a difference of %.2g"
                .formatted(onnx, EXPORT_TOLERANCE, exportError));
      }
    }
    RunFiles files = new RunFiles(folder, run, exportError);
    ResultsFile.write(
        folder.resolve(RUN),
        new RunRecord(
            RunRecord.FORMAT_VERSION,
            run.spec(),
            dataset.sha256(),
            Versions.ofBuild(),
            Machine.current(),
            files.result(EpochResults.FULL, List.of())));
    return files;
  }

  private static double exportError(Path onnx, RunSpec spec, Network network, Examples test)
      throws IOException {
    try (Learner learner = spec.learner().start(network, spec.sgd(), 1)) {
      float[] logits = learner.logits(test, 0, test.size());
      return new FileMeasurement(test).logitError(onnx, logits);
    }
  }

  /** Whether the training ended with a network, and so with model files. */
  boolean completed() {
    return run.outcome() instanceof RunOutcome.Completed;
  }

  Cell cell() {
    return new Cell(run.spec().batchSize(), run.spec().sgd().weightDecay());
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
        outcome(),
        run.seconds(),
        exportError,
        run.epochs().stream().map(epoch -> EpochResults.of(epoch, digits)).toList(),
        files);
  }

  private Outcome outcome() {
    return run.outcome() instanceof RunOutcome.Diverged diverged
        ? new Outcome("DIVERGED", diverged.message())
        : new Outcome("COMPLETED", null);
  }
}
