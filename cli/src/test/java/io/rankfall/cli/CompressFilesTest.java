package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which files {@code compress} takes, and how it refuses others. */
class CompressFilesTest {
  private static final Path MODELS =
      Path.of("../compress/src/test/resources/io/rankfall/compress/models");

  @TempDir private Path folder = Path.of("");

  private Ran compress(Path file, String... more) {
    return Ran.run(
        Stream.concat(Stream.of("compress", file.toString()), Stream.of(more))
            .toArray(String[]::new));
  }

  @Test
  void doublePrecisionIsCompressedAndMeasured() {
    Path out = folder.resolve("small.onnx");
    Ran ran = compress(MODELS.resolve("double.onnx"), "--rank", "2", "--out", out.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("latency, batch 1");
    assertThat(Ran.run("inspect", out.toString()).out()).contains("2 matrices");
  }

  @Test
  void safetensorsBecomeSafetensors() throws IOException {
    Path out = folder.resolve("small.safetensors");
    Ran ran = compress(MODELS.resolve("sharded"), "--energy", "0.9", "--out", out.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("self_attn.q_proj.weight", "left alone", "quantized: U8");
    assertThat(new String(Files.readAllBytes(out), StandardCharsets.ISO_8859_1))
        .contains("self_attn.q_proj.lora_A.weight", "\"rankfall\"");
    Ran inspected = Ran.run("inspect", out.toString());
    assertThat(inspected.exitCode()).as(inspected.err()).isZero();
    Ran json = compress(MODELS.resolve("sharded"), "--params", "0.9", "--dry-run", "--json");
    assertThat(json.exitCode()).as(json.err()).isZero();
    assertThat(json.out()).contains("\"met\" : true").doesNotContain("NaN");
    Path html = folder.resolve("report.html");
    Ran page =
        compress(MODELS.resolve("sharded"), "--rank", "2", "--dry-run", "--html", html.toString());
    assertThat(page.exitCode()).as(page.err()).isZero();
    assertThat(html).isNotEmptyFile();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sharded | --latency 0.5 --dry-run | 2 | the file has no graph to run",
        "sharded | --max-change 0.1 --data x.npy --dry-run | 2 | the file has no graph to run",
        "sharded | --rank 1 --out OUT/small.onnx | 3 | expected a name that ends in .safetensors",
        "sharded | --params 0.001 --out OUT/small.safetensors | 1 | found at best",
        "missing.safetensors | --rank 1 --dry-run | 3 | expected a file, found nothing",
      })
  void whatCannotBeDoneIsOneLine(String file, String options, int exitCode, String why)
      throws IOException {
    Ran ran =
        compress(MODELS.resolve(file), options.replace("OUT", folder.toString()).split(" ", -1));
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(exitCode);
    ran.assertOneLine(why);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void dataOutsideTheFolderIsRefusedInOneLine() throws IOException {
    String model = new String(Files.readAllBytes(external()), StandardCharsets.ISO_8859_1);
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Path path = inner.resolve("m.onnx");
    Files.writeString(path, model, StandardCharsets.ISO_8859_1);
    Ran missing = compress(path, "--rank", "1", "--dry-run");
    assertThat(missing.exitCode()).isEqualTo(ExitCode.FAILURE);
    missing.assertOneLine("no such file");
    Files.writeString(path, model.replace("data.bin", "../d.bin"), StandardCharsets.ISO_8859_1);
    Ran climbing = compress(path, "--rank", "1", "--dry-run");
    assertThat(climbing.exitCode()).isEqualTo(ExitCode.FAILURE);
    climbing.assertOneLine("inside the model's folder, found ../d.bin");
  }

  @Test
  void weightsBesideTheModelAreCompressed() throws IOException {
    Path model = external();
    Path out = folder.resolve("small.onnx");
    Ran ran = compress(model, "--rank", "2", "--out", out.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("latency, batch 1");
    byte[] data = Files.readAllBytes(folder.resolve("data.bin"));
    Ran over = compress(model, "--rank", "2", "--out", folder.resolve("data.bin").toString());
    assertThat(over.exitCode()).isEqualTo(ExitCode.FAILURE);
    over.assertOneLine("expected other files than the model's, found its data");
    assertThat(folder.resolve("data.bin")).hasBinaryContent(data);
  }

  /** y = x·W with W (8×8) in {@code data.bin}: protobuf by hand, which the command cannot write. */
  private Path external() throws IOException {
    Files.write(folder.resolve("data.bin"), new byte[256]);
    byte[] tensor =
        Wire.message(
            Wire.number(1, 8),
            Wire.number(1, 8),
            Wire.number(2, 1),
            Wire.text(8, "w"),
            Wire.field(13, Wire.message(Wire.text(1, "location"), Wire.text(2, "data.bin"))),
            Wire.number(14, 1));
    byte[] node =
        Wire.message(
            Wire.text(1, "x"), Wire.text(1, "w"), Wire.text(2, "y"), Wire.text(4, "MatMul"));
    byte[] graph =
        Wire.message(
            Wire.field(1, node),
            Wire.text(2, "g"),
            Wire.field(5, tensor),
            Wire.field(11, value("x")),
            Wire.field(12, value("y")));
    byte[] model =
        Wire.message(
            Wire.number(1, 8),
            Wire.field(7, graph),
            Wire.field(8, Wire.message(Wire.text(1, ""), Wire.number(2, 13))));
    return Files.write(folder.resolve("m.onnx"), model);
  }

  /** A float tensor of any×8. */
  private static byte[] value(String name) {
    byte[] shape =
        Wire.message(
            Wire.field(1, Wire.message(Wire.text(2, "batch"))),
            Wire.field(1, Wire.message(Wire.number(1, 8))));
    byte[] tensor = Wire.message(Wire.number(1, 1), Wire.field(2, shape));
    return Wire.message(Wire.text(1, name), Wire.field(2, Wire.message(Wire.field(1, tensor))));
  }

  /** Just enough of protobuf's wire format for lengths and numbers below 128. */
  private static final class Wire {
    static byte[] message(byte[]... fields) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (byte[] field : fields) {
        out.writeBytes(field);
      }
      return out.toByteArray();
    }

    static byte[] number(int field, int value) {
      return new byte[] {(byte) (field << 3), (byte) value};
    }

    static byte[] text(int field, String text) {
      return field(field, text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] field(int field, byte[] content) {
      byte[] start =
          content.length < 128
              ? new byte[] {(byte) ((field << 3) | 2), (byte) content.length}
              : new byte[] {
                (byte) ((field << 3) | 2),
                (byte) ((content.length & 127) | 128),
                (byte) (content.length >> 7)
              };
      return message(start, content);
    }
  }
}
