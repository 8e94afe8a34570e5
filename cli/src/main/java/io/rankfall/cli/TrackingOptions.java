package io.rankfall.cli;

import io.rankfall.train.RunSpec;
import io.rankfall.train.tracking.MlflowRun;
import io.rankfall.train.tracking.MlflowServer;
import io.rankfall.train.tracking.RunEnd;
import io.rankfall.train.tracking.RunTracker;
import io.rankfall.train.tracking.TensorBoardLog;
import io.rankfall.train.tracking.TrackedRun;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a training is shown while it runs. */
final class TrackingOptions {
  @Option(
      names = "--tensorboard",
      paramLabel = "DIR",
      description = "Write losses, accuracies, ranks and spectra for TensorBoard, epoch by epoch.")
  private @Nullable Path tensorboard;

  @Option(
      names = "--mlflow",
      paramLabel = "URI",
      description = {
        "Tell them to an MLflow tracking server too, for example http://localhost:5000. Who asks is read",
        "from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
      })
  private @Nullable URI mlflow;

  @Option(
      names = "--mlflow-experiment",
      paramLabel = "NAME",
      description = "The experiment there; created if it is missing.")
  private String experiment = "rankfall";

  /**
   * Starts what is asked for, before anything is trained. An interrupted process tells the trackers
   * that its run was killed.
   *
   * @throws IOException in one line, if a server does not answer or a folder cannot be written
   */
  RunTracker start(String name, RunSpec spec, Console console)
      throws IOException, InterruptedException {
    TrackedRun run = TrackedRun.of(name, spec);
    List<RunTracker> trackers = new ArrayList<>();
    if (mlflow != null) {
      URI address = mlflow;
      MlflowServer server = UsageException.ifRefused(() -> MlflowServer.at(address));
      trackers.add(MlflowRun.start(server, experiment, run, console::progress));
    }
    if (tensorboard != null) {
      trackers.add(TensorBoardLog.start(tensorboard, run, console::progress));
    }
    RunTracker all = RunTracker.all(trackers);
    if (!trackers.isEmpty()) {
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> all.end(new RunEnd.Killed()), "end-tracking"));
    }
    return all;
  }
}
