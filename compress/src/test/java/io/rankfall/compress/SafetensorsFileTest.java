package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.spectra.Matrix;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  @TempDir Path directory = Path.of("");

  private Path file(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] length = new byte[8];
    ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length);
    out.write(length);
    out.write(json);
    out.write(data);
    return Files.write(directory.resolve("m.safetensors"), out.toByteArray());
  }

  @Test
  void readsBackWhatItWrites() throws Exception {
    Matrix a = Matrix.gaussian(3, 5, new SplittableRandom(1));
    Path path = directory.resolve("out.safetensors");
    SafetensorsFile.write(
        path,
        Map.of(
            "z", SafetensorsFile.Tensor.of(a),
            "bias", SafetensorsFile.Tensor.of(List.of(2L), 1f, -2f)),
        Map.of("format", "pt"));
    SafetensorsFile read = SafetensorsFile.read(path);
    assertThat(read.metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(read.entries()).extracting(SafetensorsFile.Entry::name).containsExactly("bias", "z");
    assertThat(read.floats(read.entries().get(0))).containsExactly(1f, -2f);
    assertThat(ModelWeights.open(path).matrices().get(0).read().matrix()).isEqualTo(a);
    Inspection inspection = Inspection.of(path);
    assertThat(inspection.matrices()).hasSize(1);
    assertThat(inspection.matrices().get(0).share()).isEqualTo(15 / 17.0);
  }

  @Test
  void readsHalfPrecision() throws Exception {
    // 1, -2, 65504 (largest), 2^-24 (smallest subnormal) in binary16; 1, -2 in bfloat16.
    byte[] data = {
      0, 0x3c, 0, (byte) 0xc0, (byte) 0xff, 0x7b, 1, 0, (byte) 0x80, 0x3f, 0, (byte) 0xc0
    };
    String header =
        "{\"h\":{\"dtype\":\"F16\",\"shape\":[2,2],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[8,12]}}";
    SafetensorsFile read = SafetensorsFile.read(file(header, data));
    assertThat(read.floats(read.entries().get(0))).containsExactly(1f, -2f, 65504f, 0x1p-24f);
    assertThat(read.floats(read.entries().get(1))).containsExactly(1f, -2f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | expected 2 numbers of F32",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | expected offset 0, found 4",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | expected 4 bytes",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':1} | Duplicate field 'a'",
        "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | expected integers >= 0, found -2",
        "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}} | product below",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | a begin and an end",
        "[1] | expected a JSON object"
      })
  void refusesHeadersThatContradictThemselves(String header, String message) throws Exception {
    Path path = file(header.replace('\'', '"'), new byte[8]);
    assertThatThrownBy(() -> SafetensorsFile.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void nonFiniteWeightsAreNamed() throws Exception {
    Path path = directory.resolve("nan.safetensors");
    SafetensorsFile.write(
        path,
        Map.of("broken", SafetensorsFile.Tensor.of(List.of(1L, 2L), 1f, Float.NaN)),
        Map.of());
    Inspection inspection = Inspection.of(path);
    assertThat(inspection.matrices()).isEmpty();
    assertThat(inspection.nonFinite())
        .containsExactly(new SkippedWeight("broken", "1x2", "NaN or infinite numbers"));
  }
}
