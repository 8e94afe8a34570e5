package io.rankfall.study;

import io.rankfall.compress.OnnxBuilder;
import io.rankfall.compress.OnnxBuilder.Attribute;
import io.rankfall.train.graph.Layer;
import io.rankfall.train.graph.LayerGraph.Node;
import java.util.List;

/** softmax(Q·Kᵀ/√width)·V for each head in ONNX's operators. */
final class OnnxAttentionExport {
  /** As the learner's: exp of it is 0. */
  private static final float UNSEEN = -1e9f;

  private final OnnxBuilder onnx;
  private final String name;
  private final Layer.Attention attention;
  private final int tokens;

  OnnxAttentionExport(OnnxBuilder onnx, Node node, Layer.Attention attention) {
    this.onnx = onnx;
    this.name = node.name();
    this.attention = attention;
    this.tokens = node.shape().get(0);
  }

  /** From the names of Q, K and V to the output's. */
  String add(List<String> inputs) {
    int width = attention.width() / attention.heads();
    String apart = onnx.integers(name + ".apart", 0, 0, attention.heads(), width);
    String query = heads("query", inputs.get(0), apart, 0, 2, 1, 3);
    String key = heads("key", inputs.get(1), apart, 0, 2, 3, 1);
    String value = heads("value", inputs.get(2), apart, 0, 2, 1, 3);
    String root = onnx.constant(name + ".root", new float[] {(float) Math.sqrt(width)});
    String products = onnx.node("MatMul", name + ".products", List.of(query, key));
    String scores = onnx.node("Div", name + ".scores", List.of(products, root));
    if (attention.causal()) {
      String mask = onnx.constant(name + ".mask", mask(), tokens, tokens);
      scores = onnx.node("Add", name + ".seen", List.of(scores, mask));
    }
    String shares =
        onnx.node("Softmax", name + ".shares", List.of(scores), Attribute.of("axis", -1L));
    String sums = onnx.node("MatMul", name + ".sums", List.of(shares, value));
    String beside =
        onnx.node(
            "Transpose", name + ".beside", List.of(sums), Attribute.ofAll("perm", 0, 2, 1, 3));
    String shape = onnx.integers(name + ".together", 0, 0, attention.width());
    return onnx.node("Reshape", name, List.of(beside, shape));
  }

  private String heads(String part, String x, String shape, long... order) {
    String apart = onnx.node("Reshape", name + "." + part + ".apart", List.of(x, shape));
    return onnx.node(
        "Transpose", name + "." + part, List.of(apart), Attribute.ofAll("perm", order));
  }

  private float[] mask() {
    float[] mask = new float[tokens * tokens];
    for (int i = 0; i < tokens; i++) {
      for (int j = i + 1; j < tokens; j++) {
        mask[i * tokens + j] = UNSEEN;
      }
    }
    return mask;
  }
}
