package io.rankfall.train.tracking;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import com.google.protobuf.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;

/**
 * TensorBoard's messages by the numbers of their fields: event.proto, summary.proto, tensor.proto
 * and the hparams plugin's plugin_data.proto of TensorBoard 2. Everything is a tensor that says
 * which plugin shows it, as TensorBoard's own writers have it.
 */
final class Events {
  private static final int DT_FLOAT = 1;
  private static final int DT_DOUBLE = 2;
  private static final int DT_STRING = 7;
  private static final int CLASS_SCALAR = 1;
  private static final int CLASS_TENSOR = 2;

  /** {@code tensorboard.hparams.Status}. */
  static final int SUCCESS = 1;

  /** {@code tensorboard.hparams.Status}. */
  static final int FAILURE = 2;

  private Events() {}

  /** The first event of a file. */
  static UnknownFieldSet version(double seconds) {
    return message().addField(1, real(seconds)).addField(3, text("brain.Event:2")).build();
  }

  /**
   * Values of one moment.
   *
   * @param seconds since 1970
   * @param step where they stand on the axis
   */
  static UnknownFieldSet event(double seconds, long step, List<UnknownFieldSet> values) {
    UnknownFieldSet.Builder summary = message();
    values.forEach(value -> summary.mergeField(1, nested(value)));
    return message()
        .addField(1, real(seconds))
        .addField(2, number(step))
        .addField(5, nested(summary.build()))
        .build();
  }

  /** A point of a line. TensorBoard takes single precision only. */
  static UnknownFieldSet scalar(String tag, double value) {
    Field bits = Field.newBuilder().addFixed32(Float.floatToIntBits((float) value)).build();
    return value(tag, "scalars", ByteString.EMPTY, CLASS_SCALAR, "", tensor(DT_FLOAT, 5, bits));
  }

  /** A paragraph in Markdown. */
  static UnknownFieldSet markdown(String tag, String text) {
    return value(tag, "text", ByteString.EMPTY, CLASS_TENSOR, "", tensor(DT_STRING, 8, text(text)));
  }

  /**
   * A histogram.
   *
   * @param rows left edge, right edge and count of each bucket
   */
  static UnknownFieldSet histogram(String tag, String description, double[] rows) {
    ByteBuffer content =
        ByteBuffer.allocate(rows.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    content.asDoubleBuffer().put(rows);
    Field bytes = Field.newBuilder().addLengthDelimited(ByteString.copyFrom(content)).build();
    return value(
        tag,
        "histograms",
        ByteString.EMPTY,
        CLASS_TENSOR,
        description,
        tensor(DT_DOUBLE, 4, bytes, rows.length / 3, 3));
  }

  /** What the table of hyperparameters knows of a run. */
  static UnknownFieldSet sessionStart(String group, double seconds, Map<String, Value> settings) {
    UnknownFieldSet.Builder info = message();
    for (Entry<String, Value> setting : settings.entrySet()) {
      Field value =
          Field.newBuilder().addLengthDelimited(setting.getValue().toByteString()).build();
      info.mergeField(
          1, nested(message().addField(1, text(setting.getKey())).addField(2, value).build()));
    }
    info.addField(4, text(group)).addField(5, real(seconds));
    return session("_hparams_/session_start_info", 3, info.build());
  }

  /** How the run ended, for the same table. */
  static UnknownFieldSet sessionEnd(int status, double seconds) {
    return session(
        "_hparams_/session_end_info",
        4,
        message().addField(1, number(status)).addField(2, real(seconds)).build());
  }

  private static UnknownFieldSet session(String tag, int number, UnknownFieldSet info) {
    ByteString content = message().addField(number, nested(info)).build().toByteString();
    // All is in the metadata, but readers drop values without a tensor.
    Field nothing = Field.newBuilder().addLengthDelimited(ByteString.EMPTY).build();
    return value(tag, "hparams", content, CLASS_TENSOR, "", tensor(DT_FLOAT, 5, nothing, 0));
  }

  private static UnknownFieldSet value(
      String tag,
      String plugin,
      ByteString content,
      int dataClass,
      String description,
      UnknownFieldSet tensor) {
    UnknownFieldSet.Builder data = message().addField(1, text(plugin));
    if (!content.isEmpty()) {
      data.addField(2, Field.newBuilder().addLengthDelimited(content).build());
    }
    UnknownFieldSet.Builder metadata = message().addField(1, nested(data.build()));
    if (!description.isEmpty()) {
      metadata.addField(3, text(description));
    }
    metadata.addField(4, number(dataClass));
    return message()
        .addField(1, text(tag))
        .addField(8, nested(tensor))
        .addField(9, nested(metadata.build()))
        .build();
  }

  private static UnknownFieldSet tensor(int type, int number, Field values, long... shape) {
    UnknownFieldSet.Builder dimensions = message();
    for (long size : shape) {
      dimensions.mergeField(2, nested(message().addField(1, number(size)).build()));
    }
    return message()
        .addField(1, number(type))
        .addField(2, nested(dimensions.build()))
        .addField(number, values)
        .build();
  }

  private static UnknownFieldSet.Builder message() {
    return UnknownFieldSet.newBuilder();
  }

  private static Field number(long value) {
    return Field.newBuilder().addVarint(value).build();
  }

  private static Field real(double value) {
    return Field.newBuilder().addFixed64(Double.doubleToLongBits(value)).build();
  }

  private static Field text(String value) {
    return Field.newBuilder().addLengthDelimited(ByteString.copyFromUtf8(value)).build();
  }

  private static Field nested(UnknownFieldSet message) {
    return Field.newBuilder().addLengthDelimited(message.toByteString()).build();
  }
}
