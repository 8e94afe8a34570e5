package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import io.rankfall.spectra.Matrix;
import io.rankfall.train.theory.GradientRank;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What learners tell of their gradients. */
final class GradientListenerTest {

  /** Collects gradients as matrices, layer by layer. */
  private static final class Collected implements GradientListener {
    private final List<Matrix> gradients = new ArrayList<>();

    @Override
    public void onFactors(int layer, GradientFactors factors) {
      throw new AssertionError("a matrix expected");
    }

    @Override
    public void onGradient(int layer, Supplier<Matrix> gradient) {
      assertThat(layer).isEqualTo(gradients.size());
      gradients.add(gradient.get());
    }
  }

  /** A 3×3 convolution of 2×5×5 images without padding has 3×3 positions, and 18 inputs each. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aConvolutionsGradientHasTheRankOfItsPositions(int batch) {
    Block block =
        Cases.drawn(
            new SequentialBlock()
                .add(Conv2d.builder().setFilters(17).setKernelShape(new Shape(3, 3)).build())
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(4).build()));
    Examples images = Cases.noise(8, 50, 4, 3);
    try (BlockLearner learner =
        new BlockLearner(block, new Shape(2, 5, 5), Cases.optimizer(0.1, 0.1, 0.9))) {
      assertThat(learner.positions(0)).isEqualTo(9);
      assertThat(learner.positions(1)).isEqualTo(1);
      learner.step(Batch.range(images, 4, batch), 0.1);
      Matrix before = learner.weight(0);
      assertThat(learner.norm(0)).isEqualTo(before.frobeniusNorm());
      Collected collected = new Collected();
      learner.listen(collected);
      learner.step(Batch.range(images, 0, batch), 0.1);
      Matrix convolution = collected.gradients.get(0);
      assertThat(convolution.rows()).isEqualTo(17);
      assertThat(convolution.cols()).isEqualTo(18);
      GradientRank rank = GradientRank.ofMatrix("conv", 2, convolution, batch * 9L);
      assertThat(rank.bound()).isEqualTo(Math.min(17, 9 * batch));
      assertThat(rank.numerical()).isEqualTo(rank.bound());
      GradientRank linear = GradientRank.ofMatrix("linear", 2, collected.gradients.get(1), batch);
      assertThat(linear.numerical()).isEqualTo(batch).isEqualTo(linear.bound());
    }
  }

  /** Tokens × features: a linear layer uses its weights once a token. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aLinearLayerOnTokensHasTheirNumberOfPositions(int batch) {
    Block block =
        Cases.drawn(
            new SequentialBlock()
                .add(Linear.builder().setUnits(11).build())
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(4).build()));
    // Softmax takes one of four directions away: deltas of a token have three, of all tokens 15.
    Examples tokens = Cases.noise(4, 5 * 12, 4, 3);
    try (BlockLearner learner =
        new BlockLearner(block, new Shape(5, 12), Cases.optimizer(0.1, 0, 0))) {
      Collected collected = new Collected();
      learner.listen(collected);
      learner.step(Batch.range(tokens, 0, batch), 0.1);
      assertThat(learner.positions(0)).isEqualTo(5);
      Matrix projection = collected.gradients.get(0);
      assertThat(projection.fullRank()).isEqualTo(11);
      GradientRank rank =
          GradientRank.ofMatrix("projection", 1, projection, (long) batch * learner.positions(0));
      // Five and ten of eleven; three examples could have fifteen.
      assertThat(rank.bound()).isEqualTo(Math.min(11, 5 * batch));
      assertThat(rank.numerical()).isEqualTo(rank.bound());
    }
  }

  /** The fused learner's factors make the gradient that PyTorch finds. */
  @ParameterizedTest
  @ValueSource(strings = {"NONE", "BATCH"})
  void factorsMakeTheGradientOfAutograd(String normalization) {
    Network initial =
        Cases.network(new Mlp(9, List.of(6), 4, Mlp.Normalization.valueOf(normalization)), 3);
    Examples noise = Cases.noise(16, 9, 4, 3);
    List<Matrix> ours = new ArrayList<>();
    try (Learner fused = LearnerKind.FUSED.start(initial, Cases.optimizer(0.1, 0.1, 0.5), 8);
        Learner djl = LearnerKind.DJL.start(initial, Cases.optimizer(0.1, 0.1, 0.5), 8)) {
      assertThat(fused.knowsFactors()).isTrue();
      assertThat(djl.knowsFactors()).isFalse();
      assertThat(fused.names()).isEqualTo(djl.names()).isEqualTo(List.of("fc1", "fc2"));
      List<Integer> shapes = List.of(6, 9, 4, 6);
      fused.listen(
          new GradientListener() {
            @Override
            public void onFactors(int layer, GradientFactors factors) {
              Matrix delta = rows(factors.rows(), shapes.get(2 * layer), factors::copyDelta);
              Matrix x = rows(factors.rows(), shapes.get(2 * layer + 1), factors::copyInputs);
              ours.add(delta.transposed().times(x));
            }

            @Override
            public void onGradient(int layer, Supplier<Matrix> gradient) {
              throw new AssertionError("factors expected");
            }
          });
      Collected theirs = new Collected();
      djl.listen(theirs);
      for (int s = 0; s < 2; s++) {
        ours.clear();
        theirs.gradients.clear();
        fused.step(Batch.range(noise, 8 * s, 8), 0.1);
        djl.step(Batch.range(noise, 8 * s, 8), 0.1);
        for (int l = 0; l < 2; l++) {
          Matrix expected = theirs.gradients.get(l);
          assertThat(ours.get(l).minus(expected).frobeniusNorm())
              .isLessThan(1e-4 * expected.frobeniusNorm());
          assertThat(fused.norm(l))
              .isCloseTo(fused.weight(l).frobeniusNorm(), within(1e-6 * fused.norm(l)));
        }
      }
    }
  }

  /** Copies a row. */
  private interface Copier {
    void copy(int row, float[] to, int at);
  }

  private static Matrix rows(int rows, int cols, Copier copier) {
    return Matrix.filled(
        rows,
        cols,
        to -> {
          for (int i = 0; i < rows; i++) {
            copier.copy(i, to, i * cols);
          }
        });
  }
}
