package io.rankfall.train;

import static io.rankfall.train.Mlp.Normalization.NONE;

import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Learners of any shape follow {@link ReferenceMlp}. */
final class LearnerShapesTest {
  private static final int EXAMPLES = 40;

  @Property(tries = 100)
  void anyShapeFollowsTheReference(
      @ForAll LearnerKind kind,
      @ForAll @IntRange(min = 1, max = 20) int inputs,
      @ForAll @IntRange(min = 1, max = 4) int depth,
      @ForAll @IntRange(min = 1, max = 17) int widest,
      @ForAll @IntRange(min = 2, max = 12) int classes,
      @ForAll @IntRange(min = 1, max = 33) int size,
      @ForAll @IntRange(min = 0, max = 9) int tenthsOfMomentum,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> hidden = random.ints(depth, 1, widest + 1).boxed().toList();
    Network initial =
        new Mlp(inputs, hidden, classes, NONE).initialize(Initialization.PYTORCH, seed);
    Examples examples = Cases.noise(EXAMPLES, inputs, classes, seed);
    Optimizer optimizer = Cases.optimizer(0.05, 0.01, tenthsOfMomentum / 10.0);
    ReferenceMlp reference = new ReferenceMlp(initial, optimizer);
    try (Learner learner = kind.start(initial, optimizer, size)) {
      for (int s = 0; s < 4; s++) {
        Batch batch = Batch.of(examples, random.ints(size, 0, EXAMPLES).toArray());
        reference.step(batch, 0.05);
        learner.step(batch, 0.05);
      }
      Cases.assertClose(
          learner.network(), reference.network(initial), Cases.SINGLE_PRECISION_TOLERANCE);
    }
  }
}
