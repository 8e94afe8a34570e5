package io.rankfall.compress;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A model with one float input, run by ONNX Runtime on the calling thread alone. Nothing else calls
 * ONNX Runtime. Close it: its memory is off-heap.
 */
public final class OnnxRuntimeSession implements AutoCloseable {
  /** Rows that go through the model at a time where its batch dimension is free. */
  private static final int BATCH = 256;

  private final String file;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final String input;
  private final String output;
  private final long[] shape;

  private OnnxRuntimeSession(String file, OrtEnvironment environment, OrtSession session)
      throws OrtException, ModelFormatException {
    this.file = file;
    this.environment = environment;
    this.session = session;
    Map<String, NodeInfo> inputs = session.getInputInfo();
    if (inputs.size() != 1) {
      throw new ModelFormatException(file, "inputs", "one", inputs.size() + "");
    }
    NodeInfo only = inputs.values().iterator().next();
    if (!(only.getInfo() instanceof TensorInfo info)
        || info.type != OnnxJavaType.FLOAT
        || info.getShape().length < 1) {
      throw new ModelFormatException(
          file, "input " + only.getName(), "a float tensor of rank >= 1", only.getInfo() + "");
    }
    this.input = only.getName();
    this.shape = info.getShape();
    this.output = session.getOutputNames().iterator().next();
  }

  /**
   * Loads a file.
   *
   * @throws ModelFormatException in one line, if ONNX Runtime refuses it or its input is not one
   *     float tensor
   */
  public static OnnxRuntimeSession open(Path path) throws IOException {
    return of(FileBytes.read(path), path.toString());
  }

  /** Loads a model as it would be after writing and reading its file. */
  public static OnnxRuntimeSession of(OnnxModel model) throws ModelFormatException {
    return of(model.proto().toByteArray(), model.file());
  }

  static OnnxRuntimeSession of(byte[] model, String file) throws ModelFormatException {
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      OrtSession session = environment.createSession(model, options);
      try {
        return new OnnxRuntimeSession(file, environment, session);
      } catch (OrtException | ModelFormatException | RuntimeException e) {
        session.close();
        throw e;
      }
    } catch (OrtException e) {
      throw new ModelFormatException(
          file, "graph", "a model that ONNX Runtime loads", String.valueOf(e.getMessage()));
    }
  }

  /** The first output for each row, flattened. */
  public Rows logits(Rows rows) {
    float[][] parts = new float[(rows.count() + batch() - 1) / batch()][];
    int[] filled = {0, 0};
    forEachBatch(
        rows,
        Set.of(output),
        results -> {
          float[] part = results.of(output).toArray();
          parts[filled[0]++] = part;
          filled[1] += part.length;
        });
    FloatBuffer all = FloatBuffer.allocate(filled[1]);
    for (float[] part : parts) {
      all.put(part);
    }
    return Rows.owning(filled[1] / rows.count(), all.array());
  }

  /**
   * The share of rows whose largest logit is at the label.
   *
   * @param labels one a row
   */
  public double accuracy(Rows images, int... labels) {
    if (labels.length != images.count()) {
      throw new IllegalArgumentException(
          "labels: expected %d, one a row, found %d".formatted(images.count(), labels.length));
    }
    Rows logits = logits(images);
    int right = 0;
    for (int i = 0; i < labels.length; i++) {
      if (logits.argmax(i) == labels[i]) {
        right++;
      }
    }
    return right / (double) labels.length;
  }

  /** One batch and what the model makes of it: each output as rows of its last dimension. */
  record Results(Rows input, Map<String, Rows> outputs) {
    Rows of(String name) {
      return Objects.requireNonNull(outputs.get(name), name);
    }
  }

  void forEachBatch(Rows rows, Set<String> outputs, Consumer<Results> consumer) {
    int batch = batch();
    // ONNX Runtime refuses to compute nothing.
    Set<String> wanted = outputs.isEmpty() ? Set.of(output) : outputs;
    // One for all batches: the garbage collector is slow to notice direct buffers.
    FloatBuffer staging = buffer(rows.slice(0, Math.min(rows.count(), batch)));
    for (int from = 0; from < rows.count(); from += batch) {
      Rows part = rows.slice(from, Math.min(rows.count(), from + batch));
      try (Batch tensor = prepare(part, staging);
          OrtSession.Result result = session.run(Map.of(input, tensor.tensor), wanted)) {
        Map<String, Rows> read = new LinkedHashMap<>();
        for (Map.Entry<String, OnnxValue> entry : result) {
          read.put(entry.getKey(), rows(entry.getKey(), entry.getValue()));
        }
        consumer.accept(new Results(part, read));
      } catch (OrtException e) {
        throw refused(e);
      }
    }
  }

  private int batch() {
    return shape[0] > 0 ? (int) Math.min(shape[0], Integer.MAX_VALUE) : BATCH;
  }

  /** An input tensor to run again and again; the caller closes it. */
  Batch prepare(Rows rows) {
    return prepare(rows, buffer(rows));
  }

  /** Room for that many numbers in native memory. */
  private static FloatBuffer buffer(Rows rows) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(4 * rows.width(), rows.count()))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private Batch prepare(Rows rows, FloatBuffer buffer) {
    long[] dims = shape.clone();
    dims[0] = rows.count();
    long fixed = 1;
    int free = -1;
    for (int i = 1; i < dims.length; i++) {
      if (dims[i] < 0 && free < 0) {
        free = i;
      } else {
        fixed *= Math.max(1, dims[i]);
        dims[i] = Math.max(1, dims[i]);
      }
    }
    if (free >= 0) {
      dims[free] = rows.width() / fixed;
      fixed *= dims[free];
    }
    if (fixed != rows.width() || (shape[0] > 0 && shape[0] != rows.count())) {
      throw new IllegalArgumentException(
          "%s: input %s: expected %s, found %d rows of width %d"
              .formatted(
                  file,
                  input,
                  Arrays.toString(shape).replace("-1", "?"),
                  rows.count(),
                  rows.width()));
    }
    buffer.clear();
    rows.copyTo(buffer);
    buffer.flip();
    try {
      return new Batch(OnnxTensor.createTensor(environment, buffer, dims));
    } catch (OrtException e) {
      throw refused(e);
    }
  }

  /** Runs the model and drops what it computes. */
  void run(Batch batch) {
    try (OrtSession.Result result = session.run(Map.of(input, batch.tensor), Set.of(output))) {
      if (result.size() != 1) {
        throw new IllegalStateException(file + ": expected one output, found " + result.size());
      }
    } catch (OrtException e) {
      throw refused(e);
    }
  }

  /** An input tensor in native memory. */
  static final class Batch implements AutoCloseable {
    private final OnnxTensor tensor;

    private Batch(OnnxTensor tensor) {
      this.tensor = tensor;
    }

    @Override
    public void close() {
      tensor.close();
    }
  }

  private Rows rows(String name, OnnxValue value) {
    if (!(value instanceof OnnxTensor tensor) || tensor.getInfo().type != OnnxJavaType.FLOAT) {
      throw new InferenceException(
          "%s: output %s: expected a float tensor, found %s".formatted(file, name, value.getInfo()),
          new IllegalArgumentException(name));
    }
    long[] dims = tensor.getInfo().getShape();
    float[] values = new float[tensor.getFloatBuffer().remaining()];
    tensor.getFloatBuffer().get(values);
    return Rows.owning(dims.length == 0 ? 1 : (int) dims[dims.length - 1], values);
  }

  private InferenceException refused(OrtException e) {
    return new InferenceException(file + ": " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw refused(e);
    }
  }
}
