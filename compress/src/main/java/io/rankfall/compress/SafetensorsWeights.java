package io.rankfall.compress;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The weights of a safetensors file or of several with an index. The format holds tensors without
 * saying what is done with them, so shapes and names must tell: two dimensions are a matrix as
 * stored, outputs × inputs in PyTorch; three and more are a convolution's, C_out × the rest.
 */
final class SafetensorsWeights {
  private static final Pattern EMBEDDING =
      Pattern.compile("(^|[._])(\\w*embed\\w*|wte|wpe)([._]|$)", Pattern.CASE_INSENSITIVE);

  /** GPT-2 stores inputs × outputs, and of the attention it matters which side is which. */
  private static final Pattern INPUTS_FIRST = Pattern.compile("attn\\.c_(attn|proj)\\.weight$");

  private static final List<String> SCALES = List.of("_scale_inv", "_scale");

  private final Map<String, StoredTensor> tensors;
  private final Map<String, StoredMatrix> matrices = new LinkedHashMap<>();
  private final List<SkippedWeight> skipped = new ArrayList<>();
  private long parameters;

  private SafetensorsWeights(Map<String, StoredTensor> tensors) {
    this.tensors = tensors;
  }

  static ModelWeights of(SafetensorsSource source) throws IOException {
    return new SafetensorsWeights(source.tensors()).weights(source);
  }

  private ModelWeights weights(SafetensorsSource source) throws IOException {
    for (StoredTensor tensor : tensors.values()) {
      if (tensor.type().isFloating()) {
        parameters += tensor.count();
      }
      if (tensor.shape().size() >= 2) {
        scan(tensor);
      }
    }
    skipped.addAll(source.unlisted());
    return new ModelWeights(
        parameters,
        List.copyOf(matrices.values()),
        new NamedAttention(matrices, heads(source.path())).blocks(),
        skipped);
  }

  private void scan(StoredTensor tensor) {
    Optional<String> obstacle = tensor.obstacle().or(() -> scales(tensor));
    WeightBlocks blocks = obstacle.isPresent() ? WeightBlocks.none(obstacle.get()) : blocks(tensor);
    if (blocks.obstacle().isPresent()) {
      skipped.add(SkippedWeight.of(tensor.name(), tensor.shapeText(), blocks.obstacle().get()));
    }
    for (WeightBlocks.Block block : blocks.blocks()) {
      String name = tensor.name() + block.suffix();
      matrices.put(
          name,
          new StoredMatrix(
              ModelFormatException.oneLine(name), blocks.kind(), tensor, block.layout()));
    }
  }

  private static WeightBlocks blocks(StoredTensor tensor) {
    List<Long> shape = tensor.shape();
    if (tensor.count() == 0) {
      return WeightBlocks.none("no numbers");
    }
    if (shape.size() == 2) {
      return EMBEDDING.matcher(tensor.name()).find()
          ? WeightBlocks.embedding(shape)
          : WeightBlocks.linear(shape, !INPUTS_FIRST.matcher(tensor.name()).find());
    }
    if (shape.size() == 3 && tensor.name().toLowerCase(Locale.ROOT).contains("experts")) {
      return WeightBlocks.linear(shape, true);
    }
    if (shape.get(0) == 1) {
      return WeightBlocks.none("no matrix: one row");
    }
    // One input channel of many outputs is what groups of one channel look like.
    return WeightBlocks.convolution(shape, shape.get(1) == 1 ? shape.get(0) : 1);
  }

  /** FP8 weights with a scale a block: the numbers alone have another spectrum. */
  private Optional<String> scales(StoredTensor tensor) {
    if (tensor.type().bits() != 8) {
      return Optional.empty();
    }
    return SCALES.stream()
        .map(suffix -> tensors.get(tensor.name() + suffix))
        .filter(scales -> scales != null && scales.count() > 1)
        .map(scales -> "quantized: scaled in blocks by " + scales.name())
        .findFirst();
  }

  /** Attention heads by {@code config.json} beside the file; 0 if there is none that tells. */
  private static int heads(Path path) throws IOException {
    Path config = path.toAbsolutePath().resolveSibling("config.json");
    if (!Files.isRegularFile(config)) {
      return 0;
    }
    JsonNode json = SafetensorsSource.json(config);
    for (String name : List.of("num_attention_heads", "n_head", "n_heads", "num_heads")) {
      if (json.path(name).isInt() && json.path(name).intValue() > 0) {
        return json.path(name).intValue();
      }
    }
    return 0;
  }
}
