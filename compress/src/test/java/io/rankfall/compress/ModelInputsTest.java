package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models with several inputs, padded sequences, files that do not fit. */
class ModelInputsTest {
  @TempDir private Path folder = Path.of("");

  static OnnxModel masked() throws IOException {
    return OnnxModel.read(ModelFilesTest.models().resolve("masked.onnx"));
  }

  /** Sentences of 2 to 7 words, padded with word 9. */
  static Map<String, byte[]> sentences(long seed, int count, int width) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    long[] ids = new long[count * width];
    long[] mask = new long[count * width];
    for (int i = 0; i < count; i++) {
      int length = random.nextInt(2, 8);
      for (int j = 0; j < width; j++) {
        ids[i * width + j] = j < length ? random.nextInt(50) : 9;
        mask[i * width + j] = j < length ? 1 : 0;
      }
    }
    String shape = "(%d, %d)".formatted(count, width);
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("input_ids", NpyFileTest.npy("<i8", shape, bytes(ids)));
    arrays.put("attention_mask", NpyFileTest.npy("<i8", shape, bytes(mask)));
    return arrays;
  }

  private static byte[] bytes(long... numbers) {
    byte[] bytes = new byte[8 * numbers.length];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(numbers);
    return bytes;
  }

  static ModelInputs npz(Path file, Map<String, byte[]> arrays) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> array : arrays.entrySet()) {
        zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
        zip.write(array.getValue());
      }
    }
    return ModelInputs.read(file);
  }

  @Test
  void paddingChangesNothing() throws Exception {
    OnnxModel model = masked();
    ModelInputs tight = npz(folder.resolve("tight.npz"), sentences(1, 40, 8));
    ModelInputs loose = npz(folder.resolve("loose.npz"), sentences(1, 40, 13));
    assertThat(loose.count()).isEqualTo(40);
    LinearLayer layer =
        model.linearLayers().stream()
            .filter(l -> l.name().contains("query"))
            .findFirst()
            .orElseThrow();
    InputMoments a = Calibration.gather(model, tight).of(layer.uses().get(0));
    InputMoments b = Calibration.gather(model, loose).of(layer.uses().get(0));
    assertThat(a.count()).isEqualTo(b.count()).isBetween(80L, 280L);
    for (int i = 0; i < a.width(); i++) {
      assertThat(a.mean(i)).isCloseTo(b.mean(i), within(1e-6));
    }
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      float[] x = session.firstOutput(tight).toArray();
      assertThat(session.firstOutput(loose).toArray()).containsExactly(x, within(1e-4f));
      assertThat(session.firstOutputByExample(loose)).hasSize(40);
      assertThat(x).hasSize((int) a.count() * 24);
    }
  }

  @Test
  void aFolderHoldsPartsOfDifferentLengths() throws Exception {
    Path parts = Files.createDirectory(folder.resolve("parts"));
    npz(parts.resolve("b.npz"), sentences(1, 5, 9));
    npz(parts.resolve("a.npz"), sentences(2, 7, 12));
    ModelInputs both = ModelInputs.read(parts);
    assertThat(both.count()).isEqualTo(12);
    List<Integer> counts = new ArrayList<>();
    both.forEachBatch(() -> 6, batch -> counts.add(batch.count()));
    assertThat(counts).containsExactly(6, 1, 5);
  }

  @Test
  void inputsThatDoNotFitAreListed() throws Exception {
    Map<String, byte[]> arrays = sentences(1, 3, 8);
    byte[] mask = arrays.remove("attention_mask");
    ModelInputs missing = npz(folder.resolve("missing.npz"), arrays);
    assertThatThrownBy(() -> Calibration.gather(masked(), missing))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "expected the inputs input_ids int64 [?×?], attention_mask int64 [?×?], found input_ids int64 [3×8]");
    arrays.put("attention_mask", NpyFileTest.npy("<f4", "(3, 8)", new byte[96]));
    ModelInputs real = npz(folder.resolve("real.npz"), arrays);
    assertThatThrownBy(() -> Calibration.gather(masked(), real))
        .hasMessageContaining("attention_mask float32 [3×8]");
    arrays.put("attention_mask", NpyFileTest.npy("<i8", "(3, 2, 4)", new byte[192]));
    ModelInputs deep = npz(folder.resolve("deep.npz"), arrays);
    assertThatThrownBy(() -> Calibration.gather(masked(), deep))
        .hasMessageContaining("attention_mask int64 [3×2×4]");
    assertThatThrownBy(
            () -> Calibration.gather(masked(), ModelInputs.of(Rows.of(8, new float[16]))))
        .hasMessageContaining("found float32 [2×8]");
    assertThat(mask).isNotEmpty();
  }

  @Test
  void damagedFilesAreRefusedInOneLine() throws Exception {
    Path text = Files.writeString(folder.resolve("text.npz"), "no zip");
    assertThatThrownBy(() -> ModelInputs.read(text))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("expected an npz file");
    Map<String, byte[]> arrays = sentences(1, 3, 8);
    arrays.put("attention_mask", NpyFileTest.npy("<i8", "(2, 12)", new byte[192]));
    assertThatThrownBy(() -> npz(folder.resolve("uneven.npz"), arrays))
        .hasMessageContaining("attention_mask: expected 3 examples, as input_ids has, found 2");
    assertThatThrownBy(() -> ModelInputs.read(Files.createDirectory(folder.resolve("empty"))))
        .hasMessageContaining("expected npz files, found none");
  }

  @Test
  void integersKeepEveryBit() throws Exception {
    byte[] number = bytes((1L << 53) + 1);
    NdArray array =
        NpyFile.read(Files.write(folder.resolve("a.npy"), NpyFileTest.npy("<i8", "(1,)", number)))
            .array();
    assertThat(array.integer(0)).isEqualTo((1L << 53) + 1);
  }

  @Test
  void outputsReadAtATimeAreBounded() throws Exception {
    int width = 500_000;
    OnnxModel model = Networks.mlp(1, 1, width);
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      String output = model.proto().getGraph().getOutput(0).getName();
      List<Integer> counts = new ArrayList<>();
      session.forEachBatch(
          ModelInputs.of(Networks.rows(2, 100, 1)),
          Set.of(output),
          results -> counts.add(results.of(output).count()));
      assertThat(counts).allMatch(n -> 4L * n * width <= OnnxRuntimeSession.OUTPUT_BYTES);
      assertThat(counts.stream().mapToInt(n -> n).sum()).isEqualTo(100);
    }
  }

  @Test
  void dataAwareChangesTheOutputsLessThanPlain() throws Exception {
    OnnxModel model = masked();
    ModelInputs calibration = npz(folder.resolve("calibration.npz"), sentences(1, 300, 8));
    ModelInputs held = npz(folder.resolve("held.npz"), sentences(2, 100, 8));
    RankPolicy half = new RankPolicy.ParameterBudget(0.6, RankPolicy.Division.GLOBAL);
    Compressor plain = new Compressor(model);
    OnnxModel aware =
        Compressor.dataAware(model, calibration)
            .apply(Compressor.dataAware(model, calibration).plan(half));
    double kept = change(model, aware, held);
    assertThat(kept).isLessThan(0.5 * change(model, plain.apply(plain.plan(half)), held));
    Compressor again = Compressor.dataAware(model, calibration);
    assertThat(again.apply(again.plan(half)).proto()).isEqualTo(aware.proto());
  }

  @Test
  void curvatureFitsBetterThanTheLayersOwnOutputs() throws Exception {
    OnnxModel model = masked();
    ModelInputs calibration = npz(folder.resolve("calibration.npz"), sentences(1, 300, 8));
    ModelInputs held = npz(folder.resolve("held.npz"), sentences(2, 100, 8));
    Calibration seen = Calibration.gather(model, calibration);
    RankPolicy rank = new RankPolicy.Uniform(8);
    Compressor own = new Compressor(model, new Objective.DataAware(seen));
    Compressor curved =
        new Compressor(
            model, new Objective.DataAware(seen.with(OutputCurvature.measure(model, calibration))));
    assertThat(change(model, curved.apply(curved.plan(rank)), held))
        .isLessThan(0.95 * change(model, own.apply(own.plan(rank)), held));
  }

  private static double change(OnnxModel a, OnnxModel b, ModelInputs inputs) throws Exception {
    try (OnnxRuntimeSession first = OnnxRuntimeSession.of(a);
        OnnxRuntimeSession second = OnnxRuntimeSession.of(b)) {
      float[] x = first.firstOutput(inputs).toArray();
      float[] y = second.firstOutput(inputs).toArray();
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        sum += Math.pow(x[i] - y[i], 2);
      }
      return sum / x.length;
    }
  }
}
