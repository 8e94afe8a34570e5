package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.compress.RankPlan.Factored;
import io.rankfall.compress.SafetensorsWriter.Group;
import io.rankfall.compress.SafetensorsWriter.Slot;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Safetensors in, safetensors out. */
class SafetensorsCompressionTest {
  private static final int MUTATIONS = 250;

  @TempDir Path directory = Path.of("");

  private static Group tensor(String name, String type, byte[] bytes, long... shape) {
    return new Group(
        List.of(new Slot(name, type, Arrays.stream(shape).boxed().toList(), bytes.length)),
        out -> out.write(bytes));
  }

  private static byte[] numbers(ElementType type, long seed, int rows, int cols) {
    SplittableRandom random = new SplittableRandom(seed);
    // A spectrum that falls, as trained ones do.
    float[] wide = Matrix.gaussian(rows, cols, random).toArray();
    float[] thin =
        Matrix.gaussian(rows, 3, random).times(Matrix.gaussian(3, cols, random)).toArray();
    ByteBuffer bytes =
        ByteBuffer.allocate((int) type.bytes(wide.length)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < wide.length; i++) {
      type.put(bytes, 0.1f * wide[i] + thin[i]);
    }
    return bytes.array();
  }

  private static List<Group> groups() {
    return List.of(
        tensor("ids", "I64", new byte[24], 3),
        tensor("a.weight", "F32", numbers(ElementType.F32, 1, 40, 30), 40, 30),
        tensor("a.bias", "F32", new byte[160], 40),
        tensor("conv.weight", "F32", numbers(ElementType.F32, 2, 4, 27), 4, 3, 3, 3),
        tensor("proj", "F16", numbers(ElementType.F16, 3, 25, 33), 25, 33),
        tensor("c.weight", "BF16", numbers(ElementType.BF16, 4, 30, 30), 30, 30),
        tensor("d.weight", "F64", numbers(ElementType.F64, 5, 20, 30), 20, 30),
        tensor("embed.weight", "F16", numbers(ElementType.F16, 6, 50, 16), 50, 16),
        tensor("q.weight", "U8", new byte[64], 8, 8),
        tensor("new", "F6_E2M3", new byte[5], 5));
  }

  private Path file() throws IOException {
    Path path = directory.resolve("m.safetensors");
    SafetensorsWriter.write(path, groups(), Map.of("format", "pt"));
    return path;
  }

  private static Map<String, SafetensorsFile.Entry> entries(SafetensorsFile file) {
    return file.entries().stream().collect(Collectors.toMap(SafetensorsFile.Entry::name, e -> e));
  }

  private static SafetensorsFile.Entry entry(SafetensorsFile file, String name) {
    return Objects.requireNonNull(entries(file).get(name), name);
  }

  private static Matrix matrix(SafetensorsFile file, String name) throws IOException {
    SafetensorsFile.Entry entry = entry(file, name);
    return Matrix.of(
        entry.shape().get(0).intValue(), entry.shape().get(1).intValue(), file.floats(entry));
  }

  private static byte[] bytes(SafetensorsFile file, String name) throws IOException {
    StoredTensor tensor = file.stored(entry(file, name));
    byte[] all = Files.readAllBytes(tensor.data().file());
    int from = (int) tensor.data().from();
    return Arrays.copyOfRange(all, from, from + (int) tensor.data().length());
  }

  private static double tail(Matrix w, int rank) {
    Spectrum spectrum = Spectrum.of(w);
    double sum = 0;
    for (int i = rank; i < spectrum.size(); i++) {
      sum += spectrum.sigma(i) * spectrum.sigma(i);
    }
    return Math.sqrt(sum);
  }

  @Test
  void factorsAreTheBestOfTheirRankInTheTypeOfTheMatrix() throws Exception {
    Path path = file();
    Path out = directory.resolve("small.safetensors");
    CompressionReport report = Compression.of(path, new RankPolicy.ParameterBudget(0.5)).write(out);
    SafetensorsFile before = SafetensorsFile.read(path);
    SafetensorsFile after = SafetensorsFile.read(out);
    assertThat(report.met()).isTrue();
    assertThat(report.compressed().bytes()).isEqualTo(Files.size(out)).isLessThan(Files.size(path));
    assertThat(after.parameters())
        .isEqualTo(report.compressed().parameters())
        .isLessThanOrEqualTo(before.parameters() / 2)
        .isGreaterThan(before.parameters() * 4 / 10);
    assertThat(report.plan().layers())
        .extracting(RankPlan.Layer::name)
        .containsExactlyInAnyOrder("a.weight", "proj", "c.weight", "d.weight");
    JsonNode own = new JsonMapper().readTree(after.metadata().get("rankfall"));
    assertThat(own.path("format").intValue()).isEqualTo(1);
    assertThat(after.metadata()).containsEntry("format", "pt").hasSize(2);
    for (RankPlan.Layer layer : report.plan().layers()) {
      int rank = ((Factored) layer.choice()).rank();
      String base = layer.name().replace(".weight", "");
      Matrix w = matrix(before, layer.name());
      Matrix b = matrix(after, base + ".lora_B.weight");
      Matrix a = matrix(after, base + ".lora_A.weight");
      assertThat(List.of(b.rows(), b.cols(), a.rows(), a.cols()))
          .containsExactly(w.rows(), rank, rank, w.cols());
      String type = entry(before, layer.name()).type();
      assertThat(entry(after, base + ".lora_A.weight").type()).isEqualTo(type);
      assertThat(entry(after, base + ".lora_B.weight").type()).isEqualTo(type);
      double rounding = type.equals("BF16") ? 0x1p-7 : type.equals("F16") ? 0x1p-10 : 1e-6;
      double error = w.minus(b.times(a)).frobeniusNorm();
      assertThat(error).isCloseTo(tail(w, rank), within(rounding * w.frobeniusNorm()));
      assertThat(layer.lossShare())
          .isCloseTo(Math.pow(tail(w, rank) / w.frobeniusNorm(), 2), within(1e-6));
      assertThat(own.path("ranks").path(layer.name()).intValue()).isEqualTo(rank);
    }
  }

  @Test
  void everythingElseIsCopiedBitForBit() throws Exception {
    Path path = file();
    Path out = directory.resolve("small.safetensors");
    CompressionReport report = Compression.of(path, new RankPolicy.Uniform(3)).write(out);
    SafetensorsFile before = SafetensorsFile.read(path);
    SafetensorsFile after = SafetensorsFile.read(out);
    List<String> others =
        List.of("ids", "a.bias", "conv.weight", "embed.weight", "q.weight", "new");
    assertThat(entries(after))
        .hasSize(others.size() + 2 * 4)
        .containsKeys(others.toArray(new String[0]));
    for (String name : others) {
      assertThat(bytes(after, name)).as(name).isEqualTo(bytes(before, name));
      assertThat(entry(after, name).type()).isEqualTo(entry(before, name).type());
      assertThat(entry(after, name).shape()).isEqualTo(entry(before, name).shape());
    }
    assertThat(report.skipped())
        .extracting(SkippedWeight::name, SkippedWeight::reason)
        .contains(tuple("embed.weight", "embedding: copied"), tuple("q.weight", "quantized: U8"));
    for (SafetensorsFile.Entry entry : after.entries()) {
      int width = Math.max(1, ElementType.ofSafetensors(entry.type()).bits() / 8);
      assertThat(entry.begin() % width).as(entry.name()).isZero();
    }
  }

  static List<RankPolicy> policies() {
    return List.of(
        new RankPolicy.Uniform(2),
        new RankPolicy.Energy(0.97),
        new RankPolicy.Epsilon(0.2),
        new RankPolicy.ParameterBudget(0.6, RankPolicy.Division.UNIFORM),
        new RankPolicy.ParameterBudget(0.6, RankPolicy.Division.ENERGY));
  }

  @ParameterizedTest
  @MethodSource("policies")
  void policiesDecideAsTheyDoForOnnx(RankPolicy policy) throws Exception {
    OnnxModel model = Networks.mlp(1, 30, 40, 20);
    Path path = directory.resolve("m.safetensors");
    SafetensorsFile.write(
        path,
        Map.of(
            "fc1.weight",
            SafetensorsFile.Tensor.of(model.layers().get(0).weight().matrix()),
            "fc2.weight",
            SafetensorsFile.Tensor.of(model.layers().get(1).weight().matrix()),
            "fc1.bias",
            SafetensorsFile.Tensor.of(List.of(40L), new float[40]),
            "fc2.bias",
            SafetensorsFile.Tensor.of(List.of(20L), new float[20])),
        Map.of());
    CompressionReport report = Compression.of(path, policy).plan();
    RankPlan expected = new Compressor(model).plan(policy);
    assertThat(report.plan().parameters()).isEqualTo(expected.parameters());
    for (int i = 0; i < 2; i++) {
      RankPlan.Layer layer = report.plan().layers().get(i);
      assertThat(layer.parameters()).isEqualTo(expected.layers().get(i).parameters());
      assertThat(layer.lossShare()).isCloseTo(expected.layers().get(i).lossShare(), within(1e-6));
    }
    assertThat(directory.resolve("out.safetensors")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(longs = {9_000, 11_000, 14_000})
  void aFileSizeIsMetAndUsed(long bytes) throws Exception {
    Path out = directory.resolve("small.safetensors");
    CompressionReport report = Compression.of(file(), new Goal.FileSize(bytes)).write(out);
    assertThat(Files.size(out)).isLessThanOrEqualTo(bytes).isGreaterThan(bytes - 500);
    assertThat(report.compressed().bytes()).isEqualTo(Files.size(out));
  }

  @Test
  void whatCannotBeMetIsSaidAndNotWritten() throws Exception {
    Path out = directory.resolve("small.safetensors");
    for (Goal goal : List.of(new Goal.FileSize(100), new RankPolicy.ParameterBudget(0.01))) {
      Compression compression = Compression.of(file(), goal);
      assertThatThrownBy(() -> compression.write(out))
          .isInstanceOf(BudgetException.class)
          .hasMessageContaining("found at best");
      assertThat(out).doesNotExist();
      assertThat(compression.writeBest(out).met()).isFalse();
      Files.delete(out);
    }
  }

  @Test
  void goalsThatNeedAGraphAreRefused() throws Exception {
    Path path = file();
    for (Goal goal : List.of(new Goal.Latency(0.5), new Goal.Macs(0.5), new Goal.MaxChange(0.1))) {
      assertThatThrownBy(() -> Compression.of(path, goal))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the file has no graph to run, found " + goal.text());
    }
    Compression fitted =
        Compression.of(path, new RankPolicy.Uniform(1))
            .calibration(ModelInputs.of(Networks.rows(1, 3, 30)));
    assertThatThrownBy(fitted::plan)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected no examples");
  }

  @Test
  void theModelsOwnFilesAreNotWrittenOver() throws Exception {
    Path path = file();
    byte[] before = Files.readAllBytes(path);
    assertThatThrownBy(() -> Compression.of(path, new RankPolicy.Uniform(1)).write(path))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected another file than the model's");
    assertThat(path).hasBinaryContent(before);
    assertThatThrownBy(
            () ->
                Compression.of(path, new RankPolicy.Uniform(1))
                    .write(directory.resolve("small.onnx")))
        .hasMessageContaining("ends in .safetensors");
  }

  @Test
  void severalFilesBecomeOne() throws Exception {
    Path source = ModelFilesTest.models().resolve("sharded");
    Path out = directory.resolve("small.safetensors");
    CompressionReport report = Compression.of(source, new RankPolicy.Energy(0.9)).write(out);
    SafetensorsFile after = SafetensorsFile.read(out);
    long factored =
        report.plan().layers().stream().filter(l -> l.choice() instanceof Factored).count();
    SafetensorsSource before = SafetensorsSource.open(source);
    assertThat(factored).isPositive();
    assertThat(after.entries()).hasSize((int) (before.tensors().size() + factored));
    assertThat(Inspection.of(out).parameters()).isEqualTo(report.compressed().parameters());
    assertThat(report.compressed().parameters()).isLessThan(report.dense().parameters());
  }

  @Test
  void adaptersAndTheirMatricesAreLeftAlone() throws Exception {
    Path path = directory.resolve("m.safetensors");
    SafetensorsFile.Tensor w =
        SafetensorsFile.Tensor.of(Matrix.gaussian(20, 20, new SplittableRandom(1)));
    SafetensorsFile.write(
        path, Map.of("x.weight", w, "x.lora_A.weight", w, "y.weight", w), Map.of());
    CompressionReport report = Compression.of(path, new RankPolicy.Uniform(2)).plan();
    assertThat(report.plan().layers()).extracting(RankPlan.Layer::name).containsExactly("y.weight");
    assertThat(report.skipped())
        .extracting(SkippedWeight::reason)
        .containsExactlyInAnyOrder(
            "a factor already", "has an adapter with the names that its factors would get");
  }

  @Test
  void matricesOfNoNumbersAreCopiedAndListed() throws Exception {
    Path path = directory.resolve("m.safetensors");
    float[] values = new float[100];
    values[7] = Float.NaN;
    SafetensorsFile.write(
        path,
        Map.of(
            "x.weight",
            SafetensorsFile.Tensor.of(List.of(10L, 10L), values),
            "y.weight",
            SafetensorsFile.Tensor.of(Matrix.gaussian(10, 10, new SplittableRandom(1)))),
        Map.of());
    Path out = directory.resolve("small.safetensors");
    CompressionReport report = Compression.of(path, new RankPolicy.Uniform(2)).write(out);
    assertThat(report.skipped())
        .containsExactly(new SkippedWeight("x.weight", "10x10", "NaN or infinite numbers"));
    assertThat(bytes(SafetensorsFile.read(out), "x.weight"))
        .isEqualTo(bytes(SafetensorsFile.read(path), "x.weight"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"m.safetensors", "model.safetensors.index.json"})
  void damagedOnesEndInAFileOrInOneLine(String name) throws Exception {
    file();
    try (Stream<Path> shards = Files.list(ModelFilesTest.models().resolve("sharded"))) {
      for (Path shard : shards.toList()) {
        Files.copy(shard, directory.resolve(shard.getFileName()));
      }
    }
    Path path = directory.resolve(name);
    byte[] whole = Files.readAllBytes(path);
    List<String> outcomes = new ArrayList<>();
    for (long seed = 0; seed < MUTATIONS; seed++) {
      Files.write(path, DamagedFilesTest.damaged(whole, seed));
      long each = seed;
      Assertions.assertTimeoutPreemptively(
          Duration.ofSeconds(10), () -> outcomes.add(outcome(path, each)));
    }
    assertThat(outcomes).contains("refused");
  }

  private String outcome(Path path, long seed) {
    Path out = directory.resolve("out.safetensors");
    try {
      Files.deleteIfExists(out);
      Compression.of(path, new RankPolicy.ParameterBudget(0.7)).writeBest(out);
      SafetensorsFile.read(out);
      return "written";
    } catch (ModelFormatException e) {
      assertThat(e.getMessage()).as("seed %d", seed).contains("expected", "found");
      assertThat(out).doesNotExist();
      return "refused";
    } catch (IOException | RuntimeException | Error e) {
      throw new AssertionError("seed " + seed + ": " + e, e);
    }
  }
}
