package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.rankfall.compress.OutputGradients.Differentiated;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutputGradientsTest {
  private static final float STEP = 1e-2f;

  @ParameterizedTest
  @ValueSource(strings = {"encoder"})
  void agreeWithFiniteDifferences(String name) throws Exception {
    Path file = Path.of(OutputGradientsTest.class.getResource("models/" + name + ".onnx").toURI());
    OnnxModel model = OnnxModel.read(file);
    String input = model.inputs().get(0).name();
    Differentiated differentiated = OutputGradients.of(model, Set.of(input), 1);
    String v =
        differentiated.model().proto().getGraph().getNodeList().stream()
            .filter(node -> node.getOpType().equals("RandomNormalLike"))
            .map(NodeProto::getName)
            .findFirst()
            .orElseThrow();
    String gradient = Objects.requireNonNull(differentiated.gradients().get(input));
    float[] x = Networks.rows(3, 5, 32).toArray();
    float[] direction;
    float[] found;
    try (InputProbe probe = new InputProbe(differentiated.model(), List.of(v, gradient))) {
      OnnxRuntimeSession.Results results = probe.run(ModelInputs.of(Rows.of(32, x)).whole());
      direction = results.of(v).toArray();
      found = results.of(gradient).toArray();
    }
    assertThat(found).hasSameSizeAs(x);
    double scale = 0;
    for (float g : found) {
      scale = Math.max(scale, Math.abs(g));
    }
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      for (int i = 0; i < x.length; i += 7) {
        double up = along(session, x, i, STEP, direction);
        double down = along(session, x, i, -STEP, direction);
        assertThat((up - down) / (2 * STEP)).isCloseTo(found[i], within(0.01 * scale));
      }
    }
  }

  private static double along(
      OnnxRuntimeSession session, float[] x, int index, float step, float[] direction) {
    float[] moved = x.clone();
    moved[index] += step;
    float[] y = session.logits(Rows.of(32, moved)).toArray();
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += (double) y[i] * direction[i];
    }
    return sum;
  }
}
