package io.rankfall.compress;

import static io.rankfall.compress.WeightGraphs.W;
import static io.rankfall.compress.WeightGraphs.only;
import static io.rankfall.compress.WeightGraphs.product;
import static io.rankfall.compress.WeightGraphs.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights in files beside the model: read from there, and from nowhere else. */
final class OnnxExternalWeightsTest {
  @TempDir private Path directory = Path.of("");

  private static TensorProto external(String location, String offset, String length) {
    TensorProto.Builder w =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(1)
            .addDims(5)
            .addDims(7)
            .setDataLocation(TensorProto.DataLocation.EXTERNAL);
    for (String[] entry :
        new String[][] {{"location", location}, {"offset", offset}, {"length", length}}) {
      if (!entry[1].isEmpty()) {
        w.addExternalData(StringStringEntryProto.newBuilder().setKey(entry[0]).setValue(entry[1]));
      }
    }
    return w.build();
  }

  @Test
  void externalDataIsReadFromBesideTheModel() throws Exception {
    byte[] bytes = Tensors.of("w", W).getRawData().toByteArray();
    byte[] file = new byte[1000];
    System.arraycopy(bytes, 0, file, 512, bytes.length);
    Files.createDirectory(directory.resolve("data"));
    Files.write(directory.resolve("data/weights.bin"), file);
    for (TensorProto w :
        List.of(
            external("data/weights.bin", "512", "140"), external("data/weights.bin", "512", ""))) {
      assertThat(only(directory, product(w)).read().matrix()).isEqualTo(W.transposed());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "../secret.bin | 0 | 140 | its data inside the model's folder, found ../secret.bin",
        "data/../../secret.bin | 0 | 140 | its data inside the model's folder",
        "../nothing.bin | 0 | 140 | its data inside the model's folder, found ../nothing.bin",
        "data/../weights.bin | 0 | 140 | its data inside the model's folder",
        "weights.bin | 0 | 200 | 140 bytes for F32 5x7, found 200 bytes",
        "/etc/passwd | 0 | 140 | its data inside the model's folder, found /etc/passwd",
        "link.bin | 0 | 140 | its data inside the model's folder, found link.bin",
        "linked/secret.bin | 0 | 140 | its data inside the model's folder",
        "missing.bin | 0 | 140 | no such file",
        "weights.bin | 900 | 140 | bytes 900 to 1040 of weights.bin, found a file of 1000 bytes",
        "weights.bin | 0 | 139 | 140 bytes for F32 5x7, found 139 bytes",
        "weights.bin | -4 | 140 | offset of external data as a number >= 0, found -4",
        "weights.bin | 9223372036854775807 | 140 | offset of external data",
        "weights.bin | 1e3 | 140 | offset of external data as a number >= 0, found 1e3",
        "weights.bin | 0 | 99999999999999999999 | length of external data",
        "'' | 0 | 140 | a location of its external data, found none"
      })
  void externalDataElsewhereIsRefused(String location, String offset, String length, String why)
      throws Exception {
    Path inner = Files.createDirectory(directory.resolve("inner"));
    Files.write(directory.resolve("secret.bin"), new byte[1000]);
    Files.write(inner.resolve("weights.bin"), new byte[1000]);
    Files.createDirectory(inner.resolve("data"));
    Files.createSymbolicLink(inner.resolve("link.bin"), directory.resolve("secret.bin"));
    Files.createSymbolicLink(inner.resolve("linked"), directory);
    assertThat(refusal(inner, product(external(location, offset, length)))).contains(why);
  }

  @Test
  void aDownloadCacheOfLinksIsRead() throws Exception {
    // As huggingface_hub lays it out: names are links to blobs side by side.
    Path blobs = Files.createDirectory(directory.resolve("blobs"));
    Path snapshot = Files.createDirectory(directory.resolve("snapshot"));
    ModelProto model = ModelProto.newBuilder().setGraph(product(external("w.bin", "", ""))).build();
    Files.write(blobs.resolve("a1"), model.toByteArray());
    Files.write(blobs.resolve("b2"), Tensors.of("w", W).getRawData().toByteArray());
    Files.createSymbolicLink(snapshot.resolve("m.onnx"), Path.of("../blobs/a1"));
    Files.createSymbolicLink(snapshot.resolve("w.bin"), Path.of("../blobs/b2"));
    assertThat(ModelWeights.open(snapshot.resolve("m.onnx")).matrices().get(0).read().matrix())
        .isEqualTo(W.transposed());
  }
}
