package io.rankfall.compress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.rankfall.spectra.Matrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What names and shapes tell of tensors, and what an index may name. */
class SafetensorsWeightsTest {
  @TempDir Path directory = Path.of("");

  private static SafetensorsFile.Tensor tensor(long... dims) {
    List<Long> shape = Arrays.stream(dims).boxed().toList();
    float[] values = new float[(int) StoredTensor.count(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return SafetensorsFile.Tensor.of(shape, values);
  }

  private ModelWeights open(Map<String, SafetensorsFile.Tensor> tensors) throws IOException {
    Path path = directory.resolve("m.safetensors");
    SafetensorsFile.write(path, tensors, Map.of());
    return ModelWeights.open(path);
  }

  @Test
  void namesAndShapesTellWhatATensorIs() throws Exception {
    ModelWeights weights =
        open(
            Map.of(
                "fc.weight", tensor(3, 5),
                "model.embed_tokens.weight", tensor(9, 2),
                "conv.weight", tensor(4, 3, 2, 2),
                "dw.weight", tensor(4, 1, 3, 3),
                "mlp.experts.gate_up_proj", tensor(2, 3, 4),
                "mask", tensor(1, 1, 8, 8),
                "bias", tensor(7)));
    assertThat(weights.matrices())
        .extracting(StoredMatrix::name, StoredMatrix::kind, StoredMatrix::rows, StoredMatrix::cols)
        .containsExactly(
            tuple("conv.weight", MatrixKind.CONVOLUTION, 4, 12),
            tuple("dw.weight", MatrixKind.DEPTHWISE, 4, 9),
            tuple("fc.weight", MatrixKind.LINEAR, 3, 5),
            tuple("mlp.experts.gate_up_proj[0]", MatrixKind.LINEAR, 3, 4),
            tuple("mlp.experts.gate_up_proj[1]", MatrixKind.LINEAR, 3, 4),
            tuple("model.embed_tokens.weight", MatrixKind.EMBEDDING, 9, 2));
    assertThat(weights.skipped())
        .containsExactly(new SkippedWeight("mask", "1x1x8x8", "no matrix: one row"));
    assertThat(weights.matrices().get(4).read().matrix().get(0, 0)).isEqualTo(12f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.q_proj.weight,a.k_proj.weight,a.v_proj.weight,a.out_proj.weight",
        "b.attention.self.query.weight,b.attention.self.key.weight,b.attention.self.value.weight",
        "c.q_lin.weight,c.k_lin.weight,c.v_lin.weight,c.out_lin.weight",
        "d.to_q.weight,d.to_k.weight,d.to_v.weight,d.to_out.0.weight",
        "e.SelfAttention.q.weight,e.SelfAttention.k.weight,e.SelfAttention.v.weight",
        "f.wq.weight,f.wk.weight,f.wv.weight,f.wo.weight"
      })
  void attentionIsKnownByItsNames(String names) throws Exception {
    Map<String, SafetensorsFile.Tensor> tensors = new HashMap<>();
    SplittableRandom random = new SplittableRandom(1);
    for (String name : names.split(",", -1)) {
      tensors.put(name, SafetensorsFile.Tensor.of(Matrix.gaussian(4, 4, random)));
    }
    ModelWeights weights = open(tensors);
    assertThat(weights.attention()).hasSize(1);
    assertThat(weights.attention().get(0).output().isPresent()).isEqualTo(tensors.size() == 4);
    // No config.json tells the heads.
    Inspection inspection = Inspection.of(directory.resolve("m.safetensors"));
    assertThat(inspection.products()).hasSize(tensors.size() == 4 ? 2 : 1);
    assertThat(inspection.products()).allMatch(InspectedProduct::together);
  }

  @Test
  void projectionsInOneTensorAreTakenApart() throws Exception {
    ModelWeights weights =
        open(
            Map.of(
                "h.0.attn.c_attn.weight", tensor(4, 12), "h.0.attn.c_proj.weight", tensor(4, 4)));
    AttentionBlock block = weights.attention().get(0);
    // GPT-2 stores inputs × outputs.
    assertThat(block.query().matrix().rows()).isEqualTo(12);
    assertThat(block.value())
        .isEqualTo(new AttentionBlock.Projection(block.query().matrix(), 8, 4));
    assertThat(block.name()).isEqualTo("h.0.attn");
  }

  @Test
  void fp8WeightsScaledInBlocksAreNamed() throws Exception {
    String header =
        "{'w':{'dtype':'F8_E4M3','shape':[2,2],'data_offsets':[0,4]},"
            + "'w_scale_inv':{'dtype':'F32','shape':[2],'data_offsets':[4,12]},"
            + "'v':{'dtype':'F8_E5M2','shape':[2,2],'data_offsets':[12,16]}}";
    byte[] json = header.replace((char) 39, (char) 34).getBytes(UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json).position(8 + json.length + 12);
    bytes.put(new byte[] {0x3c, 0x40, 0, (byte) 0xbc});
    Path path = Files.write(directory.resolve("f8.safetensors"), bytes.array());
    ModelWeights weights = ModelWeights.open(path);
    assertThat(weights.skipped())
        .containsExactly(
            new SkippedWeight("w", "2x2", "quantized: scaled in blocks by w_scale_inv"));
    assertThat(weights.matrices().get(0).read().matrix()).isEqualTo(Matrix.of(2, 2, 1, 2, 0, -1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'weight_map':{'a':'../m.safetensors'}} | its data inside the model's folder",
        "{'weight_map':{'a':'/m.safetensors'}} | its data inside the model's folder",
        "{'weight_map':{'a':'out.safetensors'}} | its data inside the model's folder",
        "{'weight_map':{'a':'missing.safetensors'}} | no such file",
        "{'weight_map':{'b':'in.safetensors'}} | a tensor of this name in in.safetensors, found none",
        "{'weight_map':{'a':7}} | no such file",
        "{'weight_map':[]} | an object of tensors and files",
        "{'weight_map':{'a':'in.safetensors','a':'in.safetensors'}} | Duplicate field",
        "[[[ | a JSON object"
      })
  void anIndexNamesOnlyWhatIsThere(String index, String why) throws Exception {
    Path inner = Files.createDirectory(directory.resolve("inner"));
    SafetensorsFile.write(directory.resolve("m.safetensors"), Map.of("a", tensor(2, 2)), Map.of());
    SafetensorsFile.write(inner.resolve("in.safetensors"), Map.of("a", tensor(2, 2)), Map.of());
    Files.createSymbolicLink(inner.resolve("out.safetensors"), directory.resolve("m.safetensors"));
    Path path =
        Files.writeString(
            inner.resolve("model.safetensors.index.json"), index.replace((char) 39, (char) 34));
    assertThatThrownBy(() -> ModelWeights.open(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("index.json");
  }

  @Test
  void tensorsThatTheIndexDoesNotNameAreListed() throws Exception {
    SafetensorsFile.write(
        directory.resolve("s.safetensors"), Map.of("a", tensor(2, 2), "b", tensor(3, 2)), Map.of());
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"s.safetensors\"}}");
    assertThat(ModelWeights.open(directory).skipped())
        .containsExactly(new SkippedWeight("b", "3x2", "in s.safetensors and not in the index"));
  }
}
