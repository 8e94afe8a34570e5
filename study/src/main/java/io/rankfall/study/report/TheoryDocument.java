package io.rankfall.study.report;

import io.rankfall.spectra.MarchenkoPastur;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.Versions;
import io.rankfall.study.recording.Frame;
import io.rankfall.study.recording.Int8Matrix;
import io.rankfall.study.recording.Recording;
import io.rankfall.train.theory.TheoryReport;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * What the page of a {@link TheoryReport} draws; field names are those of the JSON in it.
 *
 * @param network its widths, as in {@link io.rankfall.train.Mlp#label}
 * @param report as it is
 * @param recordings of the explorer; empty where there is none
 */
record TheoryDocument(
    String version, String network, TheoryReport report, List<Recorded> recordings) {

  static TheoryDocument of(TheoryReport report, List<Recording> recordings) {
    return new TheoryDocument(
        Versions.ofBuild().rankfall(),
        report.spec().architecture().label(),
        report,
        recordings.stream().map(Recorded::of).toList());
  }

  /**
   * A {@link Recording}, its frames column by column. Strings of numbers are {@link Float32}, and
   * Base64 of one signed byte a number where they are matrices.
   *
   * @param steps of the frames
   * @param losses NaN at step 0
   * @param scales of the weights' bytes
   * @param weights one string a frame
   * @param spectra singular values of all frames, one after the other
   * @param gradientScales NaN where there is no gradient, as in all that follows
   * @param gradients one string a frame, null where there is none
   * @param norms ‖G‖_F
   * @param ranks of the gradients
   * @param random σ/‖W‖_F to be expected of a random matrix of this shape
   */
  record Recorded(
      String network,
      String dataset,
      int batchSize,
      double learningRate,
      double weightDecay,
      long seed,
      String layer,
      int rows,
      int cols,
      double testAccuracy,
      @Nullable String diverged,
      List<Long> steps,
      String losses,
      String scales,
      List<String> weights,
      String spectra,
      String gradientScales,
      List<@Nullable String> gradients,
      String norms,
      String ranks,
      String random) {

    static Recorded of(Recording recording) {
      List<Frame> frames = recording.frames();
      return new Recorded(
          recording.spec().architecture().label(),
          recording.spec().dataset(),
          recording.spec().batchSize(),
          recording.spec().optimizer().learningRate(),
          recording.spec().optimizer().weightDecay(),
          recording.spec().seed(),
          recording.layer(),
          recording.rows(),
          recording.cols(),
          recording.testAccuracy(),
          recording.diverged(),
          frames.stream().map(Frame::step).toList(),
          column(frames, frame -> Objects.requireNonNullElse(frame.loss(), Double.NaN)),
          column(frames, frame -> frame.weights().scale()),
          frames.stream().map(Frame::weights).map(Int8Matrix::numbers).toList(),
          Float32.base64(
              frames.stream()
                  .flatMapToDouble(frame -> DoubleStream.of(frame.spectrum().toArray()))),
          column(frames, ofGradient(gradient -> gradient.matrix().scale())),
          frames.stream().map(Recorded::gradient).toList(),
          column(frames, ofGradient(Frame.Gradient::norm)),
          column(frames, ofGradient(Frame.Gradient::rank)),
          Float32.base64(random(recording.rows(), recording.cols())));
    }

    private static @Nullable String gradient(Frame frame) {
      Frame.Gradient gradient = frame.gradient();
      return gradient == null ? null : gradient.matrix().numbers();
    }

    private static ToDoubleFunction<Frame> ofGradient(ToDoubleFunction<Frame.Gradient> number) {
      return frame -> {
        Frame.Gradient gradient = frame.gradient();
        return gradient == null ? Double.NaN : number.applyAsDouble(gradient);
      };
    }

    private static String column(List<Frame> frames, ToDoubleFunction<Frame> number) {
      return Float32.base64(frames.stream().mapToDouble(number));
    }

    private static DoubleStream random(int rows, int cols) {
      Spectrum random = MarchenkoPastur.spectrum(rows, cols);
      double norm = random.frobeniusNorm();
      return DoubleStream.of(random.toArray()).map(sigma -> sigma / norm);
    }
  }
}
