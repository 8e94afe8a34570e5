package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rankfall.spectra.Matrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class LayerOperationsTest {
  private static final Shape TOKENS = new Shape(2, 5, 8);

  private final PyTorch pytorch = PyTorch.load();

  private static float[] gaussian(Shape shape, long seed) {
    return Matrix.gaussian(1, (int) shape.size(), new SplittableRandom(seed)).toArray();
  }

  /** The gradient by queries that are also keys and values. */
  private float[] gradient(Runnable meanwhile) {
    return pytorch.run(
        "test",
        () -> {
          try (NDManager manager = pytorch.newManager()) {
            NDArray x = PyTorch.copy(gaussian(TOKENS, 1), TOKENS, manager);
            NDArray given = PyTorch.copy(gaussian(TOKENS, 2), TOKENS, manager);
            x.setRequiresGradient(true);
            pytorch.backward(
                () ->
                    LayerOperations.apply(
                        new io.rankfall.train.graph.Layer.Attention(8, 2, true),
                        new ai.djl.ndarray.NDList(x, x, x)),
                output -> {
                  meanwhile.run();
                  return given;
                });
            return x.getGradient().toFloatArray();
          }
        });
  }

  /** PyTorch holds on to what it needs for gradients; Java's collector knows nothing of it. */
  @Test
  void whatGradientsNeedSurvivesACollectionOfGarbage() throws Exception {
    float[] undisturbed = gradient(() -> {});
    List<ByteBuffer> reused = new ArrayList<>();
    float[] disturbed =
        gradient(
            () -> {
              System.gc();
              for (int i = 0; i < 20_000; i++) {
                ByteBuffer memory = ByteBuffer.allocateDirect(Double.BYTES);
                memory.order(ByteOrder.nativeOrder()).putDouble(0, Double.NaN);
                reused.add(memory);
              }
            });
    assertThat(disturbed).isEqualTo(undisturbed);
    assertThat(reused).hasSize(20_000);
  }
}
