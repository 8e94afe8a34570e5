package io.rankfall.study;

import io.rankfall.compress.LatencyComparison;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.Rows;
import io.rankfall.study.Results.Latency;
import io.rankfall.train.Examples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Measures model files, each reloaded in ONNX Runtime on one thread. */
final class FileMeasurement {
  /** A batch size to time, and how often. */
  private record Timing(int batch, int warmUps, int rounds) {}

  private static final List<Timing> TIMINGS =
      List.of(new Timing(1, 20, 101), new Timing(256, 1, 11));

  /** What a file holds and how well it classifies. */
  record Quality(long parameters, long bytes, double accuracy) {}

  private final Examples test;
  private final Rows images;

  FileMeasurement(Examples test) {
    this.test = test;
    this.images = Rows.of(test.features(), test.inputs(0, test.size()));
  }

  Quality quality(Path file) throws IOException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.open(file)) {
      return new Quality(
          OnnxModel.read(file).parameters(),
          Files.size(file),
          session.accuracy(images, test.labels()));
    }
  }

  /** Times both files in alternation; nothing else should run meanwhile. */
  List<Latency> latencies(Path denseFile, Path file) throws IOException {
    try (OnnxRuntimeSession dense = OnnxRuntimeSession.open(denseFile);
        OnnxRuntimeSession candidate = OnnxRuntimeSession.open(file)) {
      return TIMINGS.stream()
          .filter(timing -> timing.batch <= images.count())
          .map(timing -> latency(dense, candidate, timing))
          .toList();
    }
  }

  private Latency latency(OnnxRuntimeSession dense, OnnxRuntimeSession candidate, Timing timing) {
    LatencyComparison measured =
        LatencyComparison.measure(
            dense,
            candidate,
            ModelInputs.of(images.slice(0, timing.batch)),
            timing.warmUps,
            timing.rounds);
    return new Latency(
        timing.batch,
        measured.candidateNanos() * 1e-3,
        measured.denseNanos() * 1e-3,
        measured.speedup());
  }
}
