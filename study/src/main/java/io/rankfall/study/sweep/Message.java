package io.rankfall.study.sweep;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.Provenance;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.RunSpec;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker and the process that gives it its orders say to each other: one JSON object a line,
 * {@link Order}s to the worker, all else from it.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Message.Task.class, name = "task"),
  @JsonSubTypes.Type(value = Message.Search.class, name = "search"),
  @JsonSubTypes.Type(value = Message.Ready.class, name = "ready"),
  @JsonSubTypes.Type(value = Message.Started.class, name = "started"),
  @JsonSubTypes.Type(value = Message.Epoch.class, name = "epoch"),
  @JsonSubTypes.Type(value = Message.Checkpointed.class, name = "checkpoint"),
  @JsonSubTypes.Type(value = Message.Completed.class, name = "completed"),
  @JsonSubTypes.Type(value = Message.Diverged.class, name = "diverged"),
  @JsonSubTypes.Type(value = Message.Found.class, name = "found"),
  @JsonSubTypes.Type(value = Message.Unsearchable.class, name = "unsearchable"),
  @JsonSubTypes.Type(value = Message.Failed.class, name = "failed"),
  @JsonSubTypes.Type(value = Message.Unwritable.class, name = "unwritable"),
  @JsonSubTypes.Type(value = Message.Note.class, name = "note")
})
sealed interface Message {

  /** What a worker is told to do. */
  sealed interface Order extends Message {}

  /**
   * Train this.
   *
   * @param checkpoint the file to write, and to go on from if {@code lastStored} is not negative
   * @param lastStored the last epoch that need not be told again
   * @param checkpointSeconds at least so long between two checkpoints
   */
  record Task(RunSpec spec, String checkpoint, int lastStored, double checkpointSeconds)
      implements Order {}

  /**
   * Search the compressibility of a run at its last epoch.
   *
   * @param checkpoint the file that holds it
   */
  record Search(RunSpec spec, String checkpoint) implements Order {}

  /**
   * The worker has read its data and waits for a task.
   *
   * @param provenance of all that it will measure
   */
  record Ready(Provenance provenance) implements Message {}

  /**
   * The training begins.
   *
   * @param from the epoch of the checkpoint that it goes on from, −1 without one
   * @param refused why the checkpoint that is there is not taken
   */
  record Started(int from, @Nullable String refused) implements Message {}

  /** A measured epoch. */
  record Epoch(
      int epoch,
      double learningRate,
      @Nullable Evaluation training,
      Evaluation test,
      List<Layer> layers)
      implements Message {

    static Epoch of(EpochRecord record) {
      return new Epoch(
          record.epoch(),
          record.learningRate(),
          record.training(),
          record.test(),
          record.layers().stream().map(Layer::of).toList());
    }

    EpochRecord record() {
      return new EpochRecord(
          epoch, learningRate, training, test, layers.stream().map(Layer::spectrum).toList());
    }
  }

  /** The singular values of a layer. */
  record Layer(String name, int rows, int cols, List<Double> sigma) {
    private static Layer of(LayerSpectrum layer) {
      Spectrum s = layer.spectrum();
      return new Layer(
          layer.name(), s.rows(), s.cols(), Arrays.stream(s.toArray()).boxed().toList());
    }

    private LayerSpectrum spectrum() {
      double[] values = sigma.stream().mapToDouble(Double::doubleValue).toArray();
      return new LayerSpectrum(name, Spectrum.of(rows, cols, values));
    }
  }

  /** The checkpoint's file holds this epoch. */
  record Checkpointed(int epoch) implements Message {}

  /** The training has reached its last epoch. */
  record Completed(double seconds) implements Message {}

  /** The training has diverged. */
  record Diverged(int epoch, int step, String reason, double seconds) implements Message {}

  /** The search has ended. */
  record Found(Compressibility compressibility, double seconds) implements Message {}

  /** The checkpoint is missing, damaged, or of something else. */
  record Unsearchable(String reason) implements Message {}

  /** The work cannot go on, and the worker can take another task. */
  record Failed(String message) implements Message {}

  /** A checkpoint cannot be written: other trainings would fare alike. */
  record Unwritable(String message) implements Message {}

  /** For people: something that holds for all trainings of this worker. */
  record Note(String text) implements Message {}

  /** One line. */
  static String text(Message message) {
    try {
      return Json.MAPPER.writerFor(Message.class).writeValueAsString(message);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("messages are records of numbers and names", e);
    }
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws IllegalArgumentException in one line, if it is no message
   */
  static Message of(String line) {
    try {
      return Json.MAPPER.readValue(line, Message.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "worker: expected a message, found " + e.getOriginalMessage(), e);
    }
  }

  /** How messages are written. */
  final class Json {
    private static final JsonMapper MAPPER =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .build();

    private Json() {}
  }
}
