package io.rankfall.compress;

import static java.util.stream.Collectors.joining;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A model run by ONNX Runtime on the calling thread alone. Nothing else calls ONNX Runtime. Close
 * it: its memory is off-heap.
 *
 * <p>Inputs are tensors of FLOAT, DOUBLE, FLOAT16, BFLOAT16, INT64, INT32, UINT8 or BOOL, outputs
 * of the first four; numbers are converted where that loses no more than single precision or the
 * input's own does.
 */
public final class OnnxRuntimeSession implements AutoCloseable {
  /** Most examples that go through the model at a time where its batch dimension is free. */
  private static final int BATCH = 256;

  /** Most bytes of outputs read at a time, if one example alone does not have more. */
  static final long OUTPUT_BYTES = 64L << 20;

  private final String file;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final Map<String, InputTensor> inputs = new LinkedHashMap<>();
  private final String output;

  private OnnxRuntimeSession(String file, OrtEnvironment environment, OrtSession session)
      throws OrtException, ModelFormatException {
    this.file = file;
    this.environment = environment;
    this.session = session;
    for (NodeInfo input : session.getInputInfo().values()) {
      inputs.put(input.getName(), InputTensor.of(file, input));
    }
    if (session.getOutputNames().isEmpty()) {
      throw new ModelFormatException(file, "outputs", "at least one", "none");
    }
    this.output = session.getOutputNames().iterator().next();
  }

  /**
   * Loads a file.
   *
   * @throws ModelFormatException in one line, if ONNX Runtime refuses it or an input is no tensor
   *     of a supported type
   */
  public static OnnxRuntimeSession open(Path path) throws IOException {
    OnnxFile.Content content = OnnxFile.read(path);
    CrashGuard.check(content.proto(), path.toString());
    // Without data files, ONNX Runtime sees the bytes as they are.
    return content.data().isEmpty()
        ? of(FileBytes.read(path), path.toString())
        : of(content.proto(), path.toString());
  }

  /** Loads a model as it would be after writing and reading its file. */
  public static OnnxRuntimeSession of(OnnxModel model) throws ModelFormatException {
    return of(model.proto(), model.file());
  }

  static OnnxRuntimeSession of(ModelProto model, String file) throws ModelFormatException {
    return of(model, file, OnnxFile.MOST_BYTES);
  }

  /**
   * Loads a model from memory or, beyond {@code mostBytes}, through files in a folder of its own.
   */
  static OnnxRuntimeSession of(ModelProto model, String file, long mostBytes)
      throws ModelFormatException {
    CrashGuard.check(model, file);
    if (OnnxFile.bytes(model) <= mostBytes) {
      return of(model.toByteArray(), file);
    }
    try (TemporaryFolder folder = new TemporaryFolder()) {
      Path path = folder.path().resolve("model.onnx");
      OnnxFile.write(path, model, mostBytes);
      return open(file, (environment, o) -> environment.createSession(path.toString(), o));
    } catch (ModelFormatException e) {
      throw e;
    } catch (IOException e) {
      throw new InferenceException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static OnnxRuntimeSession of(byte[] model, String file) throws ModelFormatException {
    return open(file, (environment, options) -> environment.createSession(model, options));
  }

  private interface Loader {
    OrtSession load(OrtEnvironment environment, SessionOptions options) throws OrtException;
  }

  private static OnnxRuntimeSession open(String file, Loader loader) throws ModelFormatException {
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      OrtSession session = loader.load(environment, options);
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
    Rows all = firstOutput(ModelInputs.of(rows));
    float[] values = all.toArray();
    return Rows.owning(values.length / rows.count(), values);
  }

  /** The first output as rows of its last dimension, without those at padded positions. */
  public Rows firstOutput(ModelInputs examples) {
    List<float[]> parts = new ArrayList<>();
    int[] width = {1};
    forEachBatch(
        examples,
        Set.of(output),
        results -> {
          width[0] = results.of(output).width();
          parts.add(results.of(output).toArray());
        });
    FloatBuffer all = FloatBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
    parts.forEach(all::put);
    return Rows.owning(width[0], all.array());
  }

  /** The first output of each example, as {@link #firstOutput}. */
  public List<Rows> firstOutputByExample(ModelInputs examples) {
    List<Rows> all = new ArrayList<>();
    forEachBatch(
        examples,
        Set.of(output),
        results -> {
          Rows rows = results.of(output);
          int from = 0;
          for (int i = 0; i < results.input().count(); i++) {
            int kept = results.input().positions(i).orElse(rows.count() / results.input().count());
            all.add(rows.slice(from, from + kept));
            from += kept;
          }
        });
    return all;
  }

  /**
   * The share of rows of logits whose largest is at the label.
   *
   * @param labels one an example, or one for each position of each
   */
  public double accuracy(Rows examples, int... labels) {
    Rows logits = firstOutput(ModelInputs.of(examples));
    if (labels.length != logits.count()) {
      throw new IllegalArgumentException(
          "labels: expected %d, one a row, found %d".formatted(logits.count(), labels.length));
    }
    int right = 0;
    for (int i = 0; i < labels.length; i++) {
      if (logits.argmax(i) == labels[i]) {
        right++;
      }
    }
    return right / (double) labels.length;
  }

  /**
   * One batch and what the model makes of it: each output as rows of its last dimension, without
   * those at padded positions.
   *
   * @param shapes the dimensions of the inputs and outputs, padded positions included
   */
  record Results(
      ModelInputs.Batch input, Map<String, Rows> outputs, Map<String, List<Long>> shapes) {
    List<Long> shape(String name) {
      return Objects.requireNonNull(shapes.get(name), name);
    }

    Rows of(String name) {
      return Objects.requireNonNull(outputs.get(name), name);
    }
  }

  /**
   * Runs the model on all examples, at most {@value #BATCH} at a time and no more than have {@link
   * #OUTPUT_BYTES} of outputs, but at least one.
   */
  void forEachBatch(ModelInputs examples, Set<String> outputs, Consumer<Results> consumer) {
    examples.parts().forEach(this::requireFit);
    BatchSize size = new BatchSize();
    Staging staging = new Staging();
    examples.forEachBatch(size::next, batch -> consumer.accept(run(batch, staging, outputs, size)));
  }

  /** One batch alone, however large its outputs. */
  Results run(ModelInputs.Batch batch, Set<String> outputs) {
    return run(batch, new Staging(), outputs, new BatchSize());
  }

  private Results run(
      ModelInputs.Batch batch, Staging staging, Set<String> outputs, BatchSize size) {
    // ONNX Runtime refuses to compute nothing.
    Set<String> wanted = outputs.isEmpty() ? Set.of(output) : outputs;
    try (Batch tensors = prepare(batch, staging);
        OrtSession.Result result = session.run(tensors.tensors, wanted)) {
      Map<String, Rows> read = new LinkedHashMap<>();
      Map<String, List<Long>> shapes = new HashMap<>();
      tensors.tensors.forEach((name, tensor) -> shapes.put(name, shape(tensor)));
      long bytes = 0;
      for (Map.Entry<String, OnnxValue> entry : result) {
        FloatOutput value = FloatOutput.of(file, entry.getKey(), entry.getValue());
        bytes += 4L * value.numbers().length;
        read.put(entry.getKey(), value.rows(batch));
        shapes.put(entry.getKey(), shape((OnnxTensor) entry.getValue()));
      }
      size.saw(batch.count(), bytes);
      return new Results(batch, read, shapes);
    } catch (OrtException e) {
      throw refused(e);
    }
  }

  /** The dimensions of the inputs and of these outputs when one batch runs. */
  Map<String, List<Long>> shapes(ModelInputs.Batch batch, Set<String> outputs) {
    Map<String, List<Long>> shapes = new HashMap<>();
    try (Batch tensors = prepare(batch);
        OrtSession.Result result = session.run(tensors.tensors, outputs)) {
      tensors.tensors.forEach((name, tensor) -> shapes.put(name, shape(tensor)));
      for (Map.Entry<String, OnnxValue> entry : result) {
        if (entry.getValue() instanceof OnnxTensor tensor) {
          shapes.put(entry.getKey(), shape(tensor));
        }
      }
      return shapes;
    } catch (OrtException e) {
      throw refused(e);
    }
  }

  private static List<Long> shape(OnnxTensor tensor) {
    return Arrays.stream(tensor.getInfo().getShape()).boxed().toList();
  }

  /** What the caller fills. */
  List<InputTensor> inputs() {
    return List.copyOf(inputs.values());
  }

  /** How many examples fit, once one has been seen. */
  private final class BatchSize {
    private long most = 1;

    int next() {
      long fixed = inputs.values().iterator().next().fixedBatch();
      return (int) (fixed > 0 ? fixed : most);
    }

    void saw(int count, long bytes) {
      most = Math.max(1, Math.min(BATCH, OUTPUT_BYTES * count / Math.max(1, bytes)));
    }
  }

  /** Native memory for one batch after another: the garbage collector is slow to notice it. */
  private static final class Staging {
    private final Map<String, ByteBuffer> buffers = new HashMap<>();

    ByteBuffer of(String input, int bytes) {
      ByteBuffer buffer = buffers.get(input);
      if (buffer == null || buffer.capacity() < bytes) {
        buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        buffers.put(input, buffer);
      }
      return buffer.clear().limit(bytes);
    }
  }

  /** Input tensors to run again and again; the caller closes them. */
  Batch prepare(ModelInputs.Batch batch) {
    return prepare(batch, new Staging());
  }

  private Batch prepare(ModelInputs.Batch batch, Staging staging) {
    requireFit(batch);
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    try {
      for (InputTensor input : inputs.values()) {
        NdArray array = batch.of(input.name()).orElseThrow();
        long[] dims = input.dimensions(array, batch.isNamed()).orElseThrow(() -> unlike(batch));
        ByteBuffer bytes = staging.of(input.name(), input.bytes(array));
        input.fill(array, bytes);
        tensors.put(
            input.name(), OnnxTensor.createTensor(environment, bytes.flip(), dims, input.type()));
      }
      return new Batch(tensors);
    } catch (OrtException e) {
      tensors.values().forEach(OnnxTensor::close);
      throw refused(e);
    }
  }

  /** Names, types and shapes; a fixed number of examples at a time is met by the batches. */
  private void requireFit(ModelInputs.Batch examples) {
    boolean fits =
        examples.isNamed()
            ? examples.arrays().keySet().equals(inputs.keySet())
            : inputs.size() == 1;
    for (InputTensor input : inputs.values()) {
      fits =
          fits
              && (input.fixedBatch() > 0
                  || input
                      .dimensions(examples.of(input.name()).orElseThrow(), examples.isNamed())
                      .isPresent());
    }
    if (!fits) {
      throw unlike(examples);
    }
  }

  private IllegalArgumentException unlike(ModelInputs.Batch batch) {
    return new IllegalArgumentException(
        "%s: expected the inputs %s, found %s"
            .formatted(
                file,
                inputs.values().stream().map(InputTensor::toString).collect(joining(", ")),
                batch));
  }

  /** Runs the model and drops what it computes. */
  void run(Batch batch) {
    try (OrtSession.Result result = session.run(batch.tensors, Set.of(output))) {
      if (result.size() != 1) {
        throw new IllegalStateException(file + ": expected one output, found " + result.size());
      }
    } catch (OrtException e) {
      throw refused(e);
    }
  }

  /** Input tensors in native memory. */
  static final class Batch implements AutoCloseable {
    private final Map<String, OnnxTensor> tensors;

    private Batch(Map<String, OnnxTensor> tensors) {
      this.tensors = tensors;
    }

    @Override
    public void close() {
      tensors.values().forEach(OnnxTensor::close);
    }
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
