package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compressing models whose weights are in files beside them, and writing such files. */
class ExternalTensorsTest {
  /** So that every weight of the test's network goes outside. */
  private static final long TINY = 100;

  @TempDir Path directory = Path.of("");

  private static OnnxModel model() throws ModelFormatException {
    return Networks.mlp(1, 30, 40, 20);
  }

  private Path split(ModelProto proto) throws IOException {
    Path path = directory.resolve("m.onnx");
    assertThat(OnnxFile.write(path, proto, TINY))
        .containsExactly(path, directory.resolve("m.onnx.data"));
    return path;
  }

  @Test
  void whatIsWrittenInTwoFilesReadsBackAsOne() throws Exception {
    OnnxModel model = model();
    Path path = split(model.proto());
    assertThat(Files.size(path)).isLessThan(2000);
    ModelProto structure = ModelProto.parseFrom(Files.readAllBytes(path));
    assertThat(structure.getGraph().getInitializerList())
        .filteredOn(t -> t.getDataLocation() == TensorProto.DataLocation.EXTERNAL)
        .hasSize(2);
    OnnxModel read = OnnxModel.read(path);
    assertThat(read.proto()).isEqualTo(model.proto());
    assertThat(read.dataFiles()).containsExactly(directory.resolve("m.onnx.data"));
    assertThat(Inspection.of(path).parameters()).isEqualTo(model.parameters());
  }

  @Test
  void compressedItIsOneFileThatRuns() throws Exception {
    OnnxModel model = model();
    OnnxModel read = OnnxModel.read(split(model.proto()));
    ModelInputs examples = ModelInputs.of(Networks.rows(1, 100, 30));
    RankPolicy half = new RankPolicy.ParameterBudget(0.5, RankPolicy.Division.GLOBAL);
    Compressor expected = Compressor.dataAware(model, examples);
    Compressor found = Compressor.dataAware(read, examples);
    Path small = directory.resolve("small.onnx");
    assertThat(found.apply(found.plan(half)).write(small)).containsExactly(small);
    assertThat(OnnxModel.read(small).proto())
        .isEqualTo(expected.apply(expected.plan(half)).proto());
    try (OnnxRuntimeSession session = OnnxRuntimeSession.open(small)) {
      assertThat(session.firstOutput(examples).count()).isEqualTo(100);
    }
  }

  @Test
  void onnxRuntimeRunsModelsThatTakeTwoFiles() throws Exception {
    OnnxModel model = model();
    Rows rows = Networks.rows(1, 10, 30);
    float[] expected = Networks.outputs(model, rows).toArray();
    long folders = temporaryFolders();
    try (OnnxRuntimeSession inTwo = OnnxRuntimeSession.of(model.proto(), "m", TINY);
        OnnxRuntimeSession opened = OnnxRuntimeSession.open(split(model.proto()))) {
      assertThat(temporaryFolders()).isEqualTo(folders);
      assertThat(inTwo.logits(rows).toArray()).isEqualTo(expected);
      assertThat(opened.logits(rows).toArray()).isEqualTo(expected);
    }
  }

  private static long temporaryFolders() throws IOException {
    try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.filter(f -> f.getFileName().toString().startsWith("rankfall")).count();
    }
  }

  @Test
  void whereTheDataCannotBeWrittenTheModelStays() throws Exception {
    Path path = Files.writeString(directory.resolve("m.onnx"), "as it was");
    Files.createDirectory(directory.resolve("m.onnx.data"));
    assertThatThrownBy(() -> OnnxFile.write(path, model().proto(), TINY))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("m.onnx.data: expected a file, found a directory");
    assertThat(path).hasContent("as it was");
    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void tensorsInsideNodesAndBodiesAreTakenIn() throws Exception {
    ModelProto whole = model().proto();
    Path path = split(whole);
    TensorProto outside =
        ModelProto.parseFrom(Files.readAllBytes(path)).getGraph().getInitializer(0);
    assertThat(outside.getDataLocation()).isEqualTo(TensorProto.DataLocation.EXTERNAL);
    NodeProto constant =
        NodeProto.newBuilder()
            .setOpType("Constant")
            .addOutput("inner")
            .addAttribute(AttributeProto.newBuilder().setName("value").setT(outside))
            .build();
    NodeProto loop =
        NodeProto.newBuilder()
            .setOpType("Loop")
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("body")
                    .setG(GraphProto.newBuilder().addNode(constant)))
            .build();
    ModelProto.Builder nested = whole.toBuilder();
    nested.getGraphBuilder().addNode(loop);
    Files.write(path, nested.build().toByteArray());
    TensorProto read =
        OnnxFile.read(path)
            .proto()
            .getGraph()
            .getNodeList()
            .get(nested.getGraph().getNodeCount() - 1)
            .getAttribute(0)
            .getG()
            .getNode(0)
            .getAttribute(0)
            .getT();
    assertThat(read).isEqualTo(whole.getGraph().getInitializer(0));
  }

  private String refusal(String location, String offset, String length) throws IOException {
    Path path = split(model().proto());
    ModelProto.Builder proto = ModelProto.parseFrom(Files.readAllBytes(path)).toBuilder();
    TensorProto.Builder tensor = proto.getGraphBuilder().getInitializerBuilder(0);
    tensor.clearExternalData();
    List<String> keys = List.of("location", "offset", "length");
    List<String> values = List.of(location, offset, length);
    for (int i = 0; i < 3; i++) {
      tensor.addExternalData(
          StringStringEntryProto.newBuilder().setKey(keys.get(i)).setValue(values.get(i)));
    }
    Files.write(path, proto.build().toByteArray());
    try {
      OnnxModel.read(path);
    } catch (ModelFormatException e) {
      assertThat(e.getMessage()).contains(path.toString(), "expected", "found");
      return String.valueOf(e.getMessage());
    }
    throw new AssertionError("not refused");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "../m.onnx.data | 0 | 4800 | inside the model's folder",
        "/etc/hostname | 0 | 4800 | inside the model's folder",
        "missing.data | 0 | 4800 | no such file",
        "m.onnx.data | 7000 | 4800 | bytes 7000 to 11800 of m.onnx.data, found a file of",
        "m.onnx.data | 9223372036854775807 | 4800 | offset of external data",
        "m.onnx.data | 0 | 4799 | 4800 bytes for F32 40x30, found 4799",
        "m.onnx.data | 0 | -1 | length of external data",
      })
  void dataThatIsNotThereIsRefused(String location, String offset, String length, String why)
      throws Exception {
    assertThat(refusal(location, offset, length)).contains(why);
  }

  @Test
  void moreDataThanTheHeapHasRoomForIsRefused() throws Exception {
    Path path = split(model().proto());
    long huge = 3 * Runtime.getRuntime().maxMemory();
    try (RandomAccessFile data =
        new RandomAccessFile(directory.resolve("m.onnx.data").toFile(), "rw")) {
      data.setLength(huge);
    }
    ModelProto.Builder proto = ModelProto.parseFrom(Files.readAllBytes(path)).toBuilder();
    TensorProto large =
        proto.getGraphBuilder().getInitializer(0).toBuilder()
            .clearDims()
            .addDims(huge / 4)
            .clearExternalData()
            .addExternalData(
                StringStringEntryProto.newBuilder().setKey("location").setValue("m.onnx.data"))
            .build();
    proto.getGraphBuilder().setInitializer(0, large);
    Files.write(path, proto.build().toByteArray());
    assertThatThrownBy(() -> OnnxModel.read(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("which the heap has room for");
  }
}
