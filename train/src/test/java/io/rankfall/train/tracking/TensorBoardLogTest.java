package io.rankfall.train.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.Value;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.framework.DataType;
import org.tensorflow.framework.Summary;
import org.tensorflow.framework.TensorProto;
import org.tensorflow.util.Event;

class TensorBoardLogTest {
  private static final int SINGLE_PRECISION_SCALAR = 1;
  private static final int TENSOR = 2;

  @TempDir private Path folder = Path.of("");
  private final List<String> troubles = new ArrayList<>();

  @Test
  void aTrainingIsReadBackByTensorFlowsClasses() throws Exception {
    RunSpec spec = Trainings.spec(0.1, 3);
    Run run;
    try (RunTracker log =
        TensorBoardLog.start(folder, TrackedRun.of("first", spec), troubles::add)) {
      run = Trainings.trainer().train(spec, log);
      log.end(RunEnd.of(run.outcome()));
    }
    assertThat(troubles).isEmpty();
    List<Event> events = EventFiles.read(EventFiles.only(folder));
    assertThat(events.get(0).getFileVersion()).isEqualTo("brain.Event:2");
    Map<String, Map<Long, Summary.Value>> values = EventFiles.values(events);
    assertThat(run.epochs()).hasSize(4);
    for (EpochRecord epoch : run.epochs()) {
      long step = epoch.epoch();
      Evaluation training = epoch.training();
      if (training == null) {
        assertThat(values.get("loss/train")).doesNotContainKey(step);
      } else {
        assertScalar(values, "loss/train", step, training.loss());
        assertScalar(values, "accuracy/train", step, training.accuracy());
      }
      assertScalar(values, "loss/test", step, epoch.test().loss());
      assertScalar(values, "accuracy/test", step, epoch.test().accuracy());
      assertScalar(values, "learning_rate", step, epoch.learningRate());
      for (LayerSpectrum layer : epoch.layers()) {
        Spectrum spectrum = layer.spectrum();
        int rank = spectrum.rank(RankRule.FROBENIUS_HUNDREDTH);
        assertScalar(values, "rank_1e-2/" + layer.name(), step, rank);
        assertScalar(
            values,
            "rank_1e-3/" + layer.name(),
            step,
            spectrum.rank(new RankRule.FrobeniusRelative(1e-3)));
        assertScalar(values, "stable_rank/" + layer.name(), step, spectrum.stableRank());
        assertHistogram(at(values, "spectrum/" + layer.name(), step), spectrum);
      }
      assertScalar(values, "rank_mean/1e-2", step, epoch.meanRank(RankRule.FROBENIUS_HUNDREDTH));
    }
    assertThat(values.get("rank_1e-2/fc1")).hasSize(4);
  }

  private static Summary.Value at(
      Map<String, Map<Long, Summary.Value>> values, String tag, long step) {
    Summary.Value value = values.getOrDefault(tag, Map.of()).get(step);
    return Objects.requireNonNull(value, tag + " at " + step);
  }

  private static void assertScalar(
      Map<String, Map<Long, Summary.Value>> values, String tag, long step, double expected) {
    Summary.Value value = at(values, tag, step);
    assertMetadata(value, "scalars", SINGLE_PRECISION_SCALAR);
    TensorProto tensor = value.getTensor();
    assertThat(tensor.getDtype()).isEqualTo(DataType.DT_FLOAT);
    assertThat(tensor.getTensorShape().getDimCount()).isZero();
    assertThat(tensor.getFloatValList()).as(tag).containsExactly((float) expected);
  }

  private static void assertHistogram(Summary.Value value, Spectrum spectrum) {
    assertMetadata(value, "histograms", TENSOR);
    assertThat(value.getMetadata().getSummaryDescription()).contains("log10(σ/‖W‖F)");
    TensorProto tensor = value.getTensor();
    assertThat(tensor.getDtype()).isEqualTo(DataType.DT_DOUBLE);
    double[] rows = new double[tensor.getTensorContent().size() / Double.BYTES];
    tensor
        .getTensorContent()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asDoubleBuffer()
        .get(rows);
    assertThat(tensor.getTensorShape().getDimList())
        .extracting(dim -> dim.getSize())
        .containsExactly(rows.length / 3L, 3L);
    assertThat(rows).isEqualTo(SpectrumHistogram.of(spectrum));
  }

  /** TensorFlow 1.15 does not know the class of data yet: field 4. */
  private static void assertMetadata(Summary.Value value, String plugin, int dataClass) {
    assertThat(value.getMetadata().getPluginData().getPluginName()).isEqualTo(plugin);
    assertThat(value.getMetadata().getUnknownFields().getField(4).getVarintList())
        .containsExactly((long) dataClass);
  }

  /** The beginning of every file that TensorFlow's own writer has written. */
  @Test
  void theFileBeginsLikeTensorFlowsOwn() throws IOException {
    TensorBoardLog.start(folder, new TrackedRun("run", Map.of()), troubles::add).close();
    Path file = EventFiles.only(folder);
    byte[] bytes = Files.readAllBytes(file);
    assertThat(HexFormat.of().formatHex(bytes, 0, 13)).isEqualTo("1800000000000000a37f4b2209");
    assertThat(file.getFileName().toString())
        .matches("events\\.out\\.tfevents\\.\\d{10}\\.[A-Za-z0-9._-]+\\.\\d+\\.\\d+\\.v2");
    // The check value of CRC-32C, so that the reader is right.
    assertThat(EventFiles.crc("123456789".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0xe3069283);
  }

  @Test
  void settingsAndEndAreInTheTableOfHyperparameters() throws Exception {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("batchSize", "16");
    settings.put("hidden", "[512,512]");
    settings.put("learningRate", "1.0E-4");
    settings.put("id", "123d");
    settings.put("odd|name", "a|b");
    try (RunTracker log =
        TensorBoardLog.start(folder, new TrackedRun("b16", settings), troubles::add)) {
      log.onEpoch(epoch(0));
      log.end(new RunEnd.Diverged("epoch 1, step 2: loss is NaN"));
    }
    Map<String, Map<Long, Summary.Value>> values =
        EventFiles.values(EventFiles.read(EventFiles.only(folder)));
    UnknownFieldSet start = session(at(values, "_hparams_/session_start_info", 0), 3);
    Map<String, Value> read = new LinkedHashMap<>();
    for (com.google.protobuf.ByteString entry : start.getField(1).getLengthDelimitedList()) {
      UnknownFieldSet pair = UnknownFieldSet.parseFrom(entry);
      read.put(
          pair.getField(1).getLengthDelimitedList().get(0).toStringUtf8(),
          Value.parseFrom(pair.getField(2).getLengthDelimitedList().get(0)));
    }
    assertThat(read)
        .containsOnlyKeys("batchSize", "hidden", "learningRate", "id", "odd|name")
        .containsEntry("batchSize", Value.newBuilder().setNumberValue(16).build())
        .containsEntry("learningRate", Value.newBuilder().setNumberValue(1e-4).build())
        .containsEntry("hidden", Value.newBuilder().setStringValue("[512,512]").build())
        .containsEntry("id", Value.newBuilder().setStringValue("123d").build());
    assertThat(start.getField(4).getLengthDelimitedList().get(0).toStringUtf8()).isEqualTo("b16");
    UnknownFieldSet end = session(at(values, "_hparams_/session_end_info", 0), 4);
    assertThat(end.getField(1).getVarintList()).containsExactly((long) Events.FAILURE);
    assertThat(text(at(values, "diverged", 0))).isEqualTo("epoch 1, step 2: loss is NaN");
    assertThat(text(at(values, "settings", 0)))
        .contains("| batchSize | 16 |\n")
        .contains("| odd\\|name | a\\|b |\n");
  }

  private static UnknownFieldSet session(Summary.Value value, int field)
      throws InvalidProtocolBufferException {
    assertMetadata(value, "hparams", TENSOR);
    assertThat(value.getTensor().getDtype()).isEqualTo(DataType.DT_FLOAT);
    assertThat(value.getTensor().getTensorShape().getDim(0).getSize()).isZero();
    assertThat(value.getTensor().getFloatValCount()).isZero();
    UnknownFieldSet content =
        UnknownFieldSet.parseFrom(value.getMetadata().getPluginData().getContent());
    return UnknownFieldSet.parseFrom(content.getField(field).getLengthDelimitedList().get(0));
  }

  private static String text(Summary.Value value) {
    assertMetadata(value, "text", TENSOR);
    assertThat(value.getTensor().getDtype()).isEqualTo(DataType.DT_STRING);
    return value.getTensor().getStringVal(0).toStringUtf8();
  }

  @Test
  void anEpochIsInTheFileAtOnceAndNothingAfterTheEnd() throws Exception {
    TensorBoardLog log =
        TensorBoardLog.start(folder, new TrackedRun("run", Map.of()), troubles::add);
    Path file = EventFiles.only(folder);
    for (int epoch = 0; epoch < 3; epoch++) {
      log.onEpoch(epoch(epoch));
      List<Event> events = EventFiles.read(file);
      assertThat(events.get(events.size() - 1).getStep()).isEqualTo(epoch);
    }
    log.end(RunEnd.of(new RunOutcome.Diverged(3, 1, "loss is NaN")));
    long size = Files.size(file);
    log.onEpoch(epoch(3));
    log.close();
    assertThat(file).hasSize(size);
    assertThat(troubles).isEmpty();
  }

  @Test
  void runsOfOneSecondHaveFilesOfTheirOwn() throws IOException {
    for (int i = 0; i < 3; i++) {
      TensorBoardLog.start(folder, new TrackedRun("run", Map.of()), troubles::add).close();
    }
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(3);
    }
  }

  @Test
  void aFullDiskIsToldOnceAndTheTrainingGoesOn() throws Exception {
    assumeTrue(
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", folder.toString())
                .start()
                .waitFor()
            == 0,
        "needs the right to mount a small tmpfs");
    try {
      RunSpec spec = Trainings.spec(0.1, 9);
      try (RunTracker log =
          TensorBoardLog.start(folder, TrackedRun.of("first", spec), troubles::add)) {
        Run run = Trainings.trainer().train(spec, log);
        assertThat(run.epochs()).hasSize(10);
        log.end(RunEnd.of(run.outcome()));
      }
      assertThat(troubles).singleElement().asString().contains(folder.toString(), "No space left");
    } finally {
      new ProcessBuilder("umount", folder.toString()).start().waitFor();
    }
  }

  @Test
  void aFolderThatIsAFileIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("taken"), "precious");
    assertThatThrownBy(
            () -> TensorBoardLog.start(file, new TrackedRun("run", Map.of()), troubles::add))
        .isInstanceOf(IOException.class);
    assertThat(file).hasContent("precious");
  }

  @Test
  void timesAreSecondsSince1970() throws IOException {
    double before = System.currentTimeMillis() / 1000.0;
    TensorBoardLog log =
        TensorBoardLog.start(folder, new TrackedRun("run", Map.of()), troubles::add);
    log.onEpoch(epoch(0));
    log.close();
    for (Event event : EventFiles.read(EventFiles.only(folder))) {
      assertThat(event.getWallTime()).isCloseTo(before, within(3600.0));
    }
  }

  private static EpochRecord epoch(int epoch) {
    return new EpochRecord(
        epoch,
        0.1,
        new Evaluation(0.5, 0.9),
        new Evaluation(0.6, 0.8),
        List.of(new LayerSpectrum("fc1", Spectrum.of(3, 2, 2.0, 1.0))));
  }
}
