package io.rankfall.study.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Examples;
import io.rankfall.train.GradientListener;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepResult;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.TrainedLayers;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RecordingTest {
  private static final int LAYER = 1;
  private static final FrameSteps STEPS = FrameSteps.cubic(60, 12);

  private final Dataset clouds = new Dataset("clouds", cloud(90, 1), cloud(20, 2), "none");
  private final Trainer trainer = new Trainer(clouds);

  /** Keeps W behind every step, as the learner has it. */
  private static final class Weights implements TrainingListener {
    private final Map<Long, Matrix> behind = new TreeMap<>();
    private final List<TrainedLayers> layers = new ArrayList<>();
    private long done;

    @Override
    public void onStart(TrainedLayers layers, Consumer<GradientListener> gradients, int epoch) {
      this.layers.add(layers);
      behind.put(0L, layers.weight(LAYER));
    }

    @Override
    public void onStep(int epoch, int step, StepResult result) {
      behind.put(++done, layers.get(0).weight(LAYER));
    }

    @Override
    public void onEpoch(EpochRecord record) {}

    Matrix behind(long step) {
      return Objects.requireNonNull(behind.get(step));
    }
  }

  @ParameterizedTest
  @EnumSource(LearnerKind.class)
  void framesAreTheLearnersWeightsToTheStatedPrecision(LearnerKind kind) throws Exception {
    RunSpec spec = spec(kind, 3, 0.1, 0.05);
    Weights weights = new Weights();
    LayerRecorder recorder = new LayerRecorder(spec, LAYER, STEPS);
    Run run = trainer.train(spec, weights.andThen(recorder));
    Recording recording = recorder.recording(run.outcome());

    assertThat(recording.layer()).isEqualTo("fc2");
    assertThat(recording.frames()).extracting(Frame::step).isEqualTo(STEPS.all());
    for (Frame frame : recording.frames()) {
      Matrix exact = weights.behind(frame.step());
      Matrix shown = frame.weights().matrix(recording.rows(), recording.cols());
      assertThat(largest(exact.minus(shown)))
          .isLessThanOrEqualTo(largest(exact) / 254 * (1 + 1e-5));
      assertThat(frame.spectrum().toArray()).isEqualTo(Spectrum.of(exact).toArray());
    }
    assertThat(recording.testAccuracy())
        .isEqualTo(run.epochs().get(run.epochs().size() - 1).test().accuracy());
  }

  @ParameterizedTest
  @EnumSource(LearnerKind.class)
  void gradientsAreWhatMovedTheWeights(LearnerKind kind) throws Exception {
    double rate = 0.1;
    double weightDecay = 0.05;
    RunSpec spec = spec(kind, 3, rate, weightDecay);
    Weights weights = new Weights();
    LayerRecorder recorder = new LayerRecorder(spec, LAYER, STEPS);
    Run run = trainer.train(spec, weights.andThen(recorder));

    Recording recording = recorder.recording(run.outcome());
    assertThat(recording.frames().get(0).gradient()).isNull();
    for (Frame frame : recording.frames().subList(1, recording.frames().size())) {
      Frame.Gradient gradient = Objects.requireNonNull(frame.gradient());
      Matrix before = weights.behind(frame.step() - 1);
      Matrix after = weights.behind(frame.step());
      float[] moved = new float[(int) after.size()];
      for (int i = 0; i < moved.length; i++) {
        moved[i] =
            (float) (((1 - rate * weightDecay) * before.toArray()[i] - after.toArray()[i]) / rate);
      }
      Matrix expected = Matrix.of(after.rows(), after.cols(), moved);
      assertThat(gradient.norm()).isCloseTo(expected.frobeniusNorm(), within(1e-4));
      assertThat(largest(expected.minus(gradient.matrix().matrix(after.rows(), after.cols()))))
          .isLessThanOrEqualTo(largest(expected) / 254 + 1e-4);
      assertThat(gradient.rank()).isBetween(1, 3);
    }
  }

  @ParameterizedTest
  @EnumSource(LearnerKind.class)
  void aTrainingDoesNotNoticeTheRecorder(LearnerKind kind) throws Exception {
    RunSpec spec = spec(kind, 3, 0.1, 0.05);
    Run with = trainer.train(spec, new LayerRecorder(spec, LAYER, STEPS));
    Run without = trainer.train(spec, TrainingListener.NONE);
    assertThat(with.outcome()).isEqualTo(without.outcome());
    assertThat(with.epochs()).isEqualTo(without.epochs());
  }

  @Test
  void lossesAreMeansSinceTheFrameBefore() throws Exception {
    RunSpec spec = spec(LearnerKind.FUSED, 3, 0.1, 0);
    List<Double> losses = new ArrayList<>();
    LayerRecorder recorder = new LayerRecorder(spec, LAYER, STEPS);
    Run run =
        trainer.train(
            spec,
            recorder.andThen(
                new TrainingListener() {
                  @Override
                  public void onEpoch(EpochRecord record) {}

                  @Override
                  public void onStep(int epoch, int step, StepResult result) {
                    losses.add(result.loss());
                  }
                }));
    List<Frame> frames = recorder.recording(run.outcome()).frames();
    assertThat(frames.get(0).loss()).isNull();
    for (int f = 1; f < frames.size(); f++) {
      double mean =
          losses.subList((int) frames.get(f - 1).step(), (int) frames.get(f).step()).stream()
              .mapToDouble(loss -> loss)
              .average()
              .orElseThrow();
      assertThat(frames.get(f).loss()).isCloseTo(mean, within(1e-12));
    }
  }

  /** At 1e39, infinite in single precision, weights are infinite before any loss is. */
  @ParameterizedTest
  @CsvSource({"FUSED, 1e30", "FUSED, 1e39", "DJL, 1e30", "DJL, 1e39"})
  void aDivergedTrainingIsRecordedUpToThere(LearnerKind kind, double rate) throws Exception {
    RunSpec spec = spec(kind, 3, rate, 0);
    LayerRecorder recorder = new LayerRecorder(spec, LAYER, STEPS);
    Run run = trainer.train(spec, recorder);
    assertThat(run.outcome()).isInstanceOf(RunOutcome.Diverged.class);
    Recording recording = recorder.recording(run.outcome());
    assertThat(recording.diverged()).contains("epoch 1");
    assertThat(recording.frames()).isNotEmpty().hasSizeLessThan(STEPS.all().size());
  }

  @Test
  void everyChoiceOfSettingsIsRecorded() throws Exception {
    Recordings.Plan plan =
        new Recordings.Plan(
            List.of(8, 8), LAYER, List.of(2, 9), List.of(0.1), List.of(0.0, 0.1), 100, 10, 7);
    List<String> progress = new ArrayList<>();
    Recordings recordings =
        Recordings.make(clouds, plan, (done, all) -> progress.add(done + " of " + all));
    assertThat(progress).containsExactly("0 of 4", "1 of 4", "2 of 4", "3 of 4", "4 of 4");
    assertThat(recordings.all())
        .extracting(r -> r.spec().batchSize() + " " + r.spec().optimizer().weightDecay())
        .containsExactly("2 0.0", "2 0.1", "9 0.0", "9 0.1");
    assertThatThrownBy(() -> new Recordings(recordings.all().subList(0, 3)))
        .hasMessage(
            "recordings: expected one for each of 4 choices of batch size, learning rate and weight"
                + " decay, found 3 of 3");
    assertThat(recordings.all())
        .allSatisfy(
            recording -> {
              assertThat(recording.frames()).first().extracting(Frame::step).isEqualTo(0L);
              assertThat(recording.frames()).last().extracting(Frame::step).isEqualTo(100L);
            });
  }

  @Test
  void framesAreDenseAtTheBeginning() {
    List<Long> steps = FrameSteps.cubic(60_000, 100).all();
    assertThat(steps).startsWith(0L, 2L, 4L, 8L).endsWith(60_000L).hasSize(99);
    assertThat(FrameSteps.cubic(1, 5).all()).containsExactly(0L, 1L);
    assertThatThrownBy(() -> FrameSteps.cubic(0, 5))
        .hasMessage("frames: expected at least one step and one frame, found 0 and 5");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3})
  void thereMustBeSuchALayer(int layer) {
    assertThatThrownBy(
            () ->
                new Recordings.Plan(
                    List.of(8, 8), layer, List.of(2), List.of(0.1), List.of(0.0), 100, 10, 7))
        .hasMessage("recorded layer: expected 0 to 2, found " + layer);
  }

  @Test
  void zeroStaysZero() {
    Matrix zero = Matrix.of(2, 2, 0, 0, 0, 0);
    assertThat(Int8Matrix.of(zero).matrix(2, 2)).isEqualTo(zero);
  }

  private static double largest(Matrix matrix) {
    double most = 0;
    for (float value : matrix.toArray()) {
      most = Math.max(most, Math.abs(value));
    }
    return most;
  }

  private static RunSpec spec(LearnerKind kind, int batch, double rate, double weightDecay) {
    return new RunSpec(
        "clouds",
        new Mlp(12, List.of(8, 8), 3, Mlp.Normalization.NONE),
        Initialization.HE,
        batch,
        new Optimizer(rate, weightDecay, 0, StepSchedule.CONSTANT),
        2,
        5,
        kind);
  }

  private static Examples cloud(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[count * 12];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 3);
      for (int j = 0; j < 12; j++) {
        inputs[i * 12 + j] = (float) (random.nextGaussian() + (j % 3 == i % 3 ? 2 : 0));
      }
    }
    return Examples.of(12, 3, inputs, labels);
  }
}
