package io.rankfall.compress;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Changes fields of a protobuf message: numbers to their ends, names to each other, entries gone,
 * doubled or swapped. Other than changed bytes, most of the results are still messages.
 */
final class MessageMutator {
  private static final List<String> OPERATORS =
      List.of(
          "MatMul",
          "Gemm",
          "Conv",
          "Cast",
          "Identity",
          "Transpose",
          "Reshape",
          "Relu",
          "Softmax",
          "Add",
          "Loop",
          "If",
          "Constant",
          "QuantizeLinear",
          "DequantizeLinear",
          "LSTM",
          "Gather");

  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    3,
    7,
    10,
    11,
    16,
    1 << 16,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 31,
    1L << 32,
    1L << 56,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final SplittableRandom random;
  private final List<String> texts = new ArrayList<>(OPERATORS);

  private MessageMutator(SplittableRandom random) {
    this.random = random;
  }

  static Message mutated(Message whole, long seed) {
    MessageMutator mutator = new MessageMutator(new SplittableRandom(seed));
    mutator.collectTexts(whole);
    Message.Builder builder = whole.toBuilder();
    int edits = 1 + mutator.random.nextInt(3);
    for (int i = 0; i < edits; i++) {
      mutator.mutate(builder);
    }
    return builder.build();
  }

  private void collectTexts(MessageOrBuilder message) {
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      List<?> values = field.getValue() instanceof List<?> list ? list : List.of(field.getValue());
      for (Object value : values) {
        if (value instanceof String text) {
          texts.add(text);
        } else if (value instanceof MessageOrBuilder inner) {
          collectTexts(inner);
        }
      }
    }
  }

  private void mutate(Message.Builder message) {
    List<FieldDescriptor> fields = new ArrayList<>(message.getAllFields().keySet());
    if (fields.isEmpty()) {
      return;
    }
    FieldDescriptor field = fields.get(random.nextInt(fields.size()));
    boolean inside =
        field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && random.nextInt(8) > 0;
    if (!field.isRepeated()) {
      if (inside) {
        mutate(message.getFieldBuilder(field));
      } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
          || random.nextInt(8) == 0) {
        message.clearField(field);
      } else {
        message.setField(field, changed(field, message.getField(field)));
      }
      return;
    }
    int count = message.getRepeatedFieldCount(field);
    int at = random.nextInt(count);
    if (inside) {
      mutate(message.getRepeatedFieldBuilder(field, at));
      return;
    }
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(message.getRepeatedField(field, i));
    }
    switch (random.nextInt(field.getJavaType() == FieldDescriptor.JavaType.MESSAGE ? 3 : 8)) {
      case 0 -> values.remove(at);
      case 1 -> values.add(random.nextInt(count + 1), values.get(at));
      case 2 -> values.add(values.remove(at));
      default -> values.set(at, changed(field, values.get(at)));
    }
    message.clearField(field);
    values.forEach(value -> message.addRepeatedField(field, value));
  }

  private Object changed(FieldDescriptor field, Object value) {
    return switch (field.getJavaType()) {
      case INT -> (int) number((Integer) value);
      case LONG -> number((Long) value);
      case FLOAT -> new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}[random.nextInt(4)];
      case DOUBLE -> new double[] {0, Double.NaN, 1e300}[random.nextInt(3)];
      case STRING -> random.nextInt(8) == 0 ? "" : texts.get(random.nextInt(texts.size()));
      case BYTE_STRING -> bytes(((ByteString) value).toByteArray());
      case ENUM -> {
        List<EnumValueDescriptor> values = field.getEnumType().getValues();
        yield values.get(random.nextInt(values.size()));
      }
      default -> value;
    };
  }

  private long number(long value) {
    return switch (random.nextInt(5)) {
      case 0 -> value + 1;
      case 1 -> value - 1;
      case 2 -> -value;
      default -> NUMBERS[random.nextInt(NUMBERS.length)];
    };
  }

  private ByteString bytes(byte[] bytes) {
    return ByteString.copyFrom(DamagedFilesTest.damaged(bytes, random.nextLong()));
  }
}
