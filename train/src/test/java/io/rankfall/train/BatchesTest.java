package io.rankfall.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BatchesTest {
  /** Large enough that two turned ones are worth another thread. */
  private static final InputShape SHAPE = new InputShape(3, 48, 48);

  private static Examples images(int count) {
    byte[] pixels = new byte[count * SHAPE.size()];
    new SplittableRandom(1).nextBytes(pixels);
    int[] labels = new SplittableRandom(2).ints(count, 0, 4).toArray();
    return Examples.ofPixels(
        SHAPE, pixels, Standardization.of(SHAPE, pixels), Labels.of(4, labels));
  }

  private static Examples augmented(int count) {
    return images(count).augmented(Augmentation.parse("crop=2,flip,rotate=10"), 1, 1);
  }

  /** All numbers and labels, as a learner sees them. */
  private static List<String> seen(Examples examples, int batchSize, Assembly assembly)
      throws Exception {
    List<String> seen = new ArrayList<>();
    int[] order = Trainer.order(examples.size(), 7, 1);
    try (Batches batches = new Batches(examples, order, 0, batchSize, assembly)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        float[] inputs = new float[batch.size() * batch.features()];
        batch.copyInputs(inputs);
        seen.add(Arrays.toString(inputs));
        for (int i = 0; i < batch.size(); i++) {
          seen.add(Integer.toString(batch.label(i)));
        }
      }
      assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
    }
    return seen;
  }

  @ParameterizedTest
  @CsvSource({"50, 16", "48, 16", "5, 16", "7, 1"})
  void whatIsAssembledAheadIsTheSameToTheBit(int count, int batchSize) throws Exception {
    assertThat(augmented(count).nanosOfCopy()).isGreaterThan(50_000);
    for (Examples examples : new Examples[] {augmented(count), images(count)}) {
      assertThat(seen(examples, batchSize, Assembly.AHEAD))
          .isEqualTo(seen(examples, batchSize, Assembly.IN_TURN));
    }
  }

  @Test
  void aBatchStaysWhileTheNextIsAssembled() throws Exception {
    Examples examples = augmented(64);
    int[] order = Trainer.order(64, 7, 1);
    float[] before = new float[16 * SHAPE.size()];
    float[] after = new float[before.length];
    try (Batches batches = new Batches(examples, order, 0, 16, Assembly.AHEAD)) {
      batches.next();
      Batch second = batches.next();
      second.copyInputs(before);
      // Much longer than the third takes.
      Thread.sleep(100);
      second.copyInputs(after);
    }
    assertThat(after).isEqualTo(before);
  }

  @Test
  void aTrainingIsTheSameToTheBit() throws Exception {
    Examples train = augmented(200);
    Dataset dataset = new Dataset("noise", train, images(40), "none");
    RunSpec spec =
        new RunSettings().hidden(List.of(20)).batchSize(16).epochs(2).spec("noise", SHAPE, 4);
    Network ahead = trained(new Trainer(dataset, Assembly.AHEAD), spec);
    Network inTurn = trained(new Trainer(dataset, Assembly.IN_TURN), spec);
    assertThat(ahead).isEqualTo(inTurn);
  }

  private static Network trained(Trainer trainer, RunSpec spec) throws Exception {
    Run run = trainer.train(spec, record -> {});
    return ((RunOutcome.Completed) run.outcome()).network();
  }

  @Test
  void aBatchThatCannotBeAssembledSaysWhy() throws Exception {
    try (Batches batches = new Batches(augmented(4), new int[] {0, 9}, 0, 2, Assembly.AHEAD)) {
      assertThatThrownBy(batches::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("batch: java.lang.ArrayIndexOutOfBoundsException");
    }
  }
}
