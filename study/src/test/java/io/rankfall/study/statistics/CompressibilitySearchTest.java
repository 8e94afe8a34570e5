package io.rankfall.study.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.Compressor;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import io.rankfall.compress.Rows;
import io.rankfall.study.NetworkExport;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.Compressibility.Method;
import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.train.Architecture;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.InputShape;
import io.rankfall.train.Labels;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.Trainer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CompressibilitySearchTest {
  private static final int FEATURES = 40;
  private static final Examples TEST = clouds(1000, 2);
  private static Network network;
  private static Compressibility found;

  private static Examples clouds(int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[size * FEATURES];
    byte[] labels = new byte[size];
    for (int i = 0; i < size; i++) {
      labels[i] = (byte) random.nextInt(4);
      for (int j = 0; j < FEATURES; j++) {
        inputs[i * FEATURES + j] = (float) (random.nextGaussian() + (j % 4 == labels[i] ? 1 : 0));
      }
    }
    return Examples.of(FEATURES, 4, inputs, labels);
  }

  @BeforeAll
  static void train() throws Exception {
    Dataset data = new Dataset("clouds", clouds(3000, 1), TEST, "c".repeat(64));
    RunSpec spec =
        new RunSpec(
            "clouds",
            new Mlp(FEATURES, List.of(64, 48), 4, Mlp.Normalization.BATCH),
            Initialization.HE,
            16,
            new Optimizer(0.05, 5e-3, 0, new StepSchedule(List.of(), 1)),
            5,
            1,
            LearnerKind.FUSED);
    network =
        ((RunOutcome.Completed) new Trainer(data).train(spec, epoch -> {}).outcome()).network();
    found =
        new CompressibilitySearch(TEST, Rows.of(FEATURES, data.train().inputs(0, 500))).of(network);
  }

  @Test
  void everyPositionOfASequenceCounts() throws Exception {
    int length = 6;
    int classes = 5;
    SplittableRandom random = new SplittableRandom(4);
    float[] tokens = new float[30 * length];
    int[] following = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      int token = random.nextInt(classes);
      tokens[i] = token;
      following[i] = (token + 1) % classes;
    }
    InputShape shape = InputShape.flat(length);
    Examples text = Examples.of(shape, tokens, Labels.sequences(classes, length, following));
    Architecture gpt = Architecture.named("gpt:depth=1,width=8,heads=2", shape, classes);

    Compressibility result =
        new CompressibilitySearch(text, Rows.of(length, tokens))
            .of(gpt.initialize(Initialization.HE, 1));

    try (Learner learner =
        LearnerKind.DJL.start(
            gpt.initialize(Initialization.HE, 1),
            new Optimizer(0.1, 0, 0, new StepSchedule(List.of(), 1)),
            30)) {
      assertThat(result.accuracy())
          .isCloseTo(learner.evaluate(text).accuracy(), within(1.5 / tokens.length));
    }
  }

  @Test
  void whatIsFoundKeepsTheAccuracyItWasAskedFor() {
    assertThat(found.accuracy()).isGreaterThan(0.8);
    assertThat(found.smallest()).hasSize(6);
    for (Smallest smallest : found.smallest()) {
      assertThat(smallest.accuracy())
          .isGreaterThanOrEqualTo(found.accuracy() - smallest.points() / 100 - 1e-9);
      assertThat(smallest.share())
          .isCloseTo(smallest.parameters() / (double) found.parameters(), within(1e-12));
      assertThat(smallest.share()).isLessThan(0.9);
    }
  }

  @Test
  void looserTolerancesNeedNoMoreParameters() {
    for (int i : new int[] {1, 2, 4, 5}) {
      assertThat(found.smallest().get(i).parameters())
          .isLessThanOrEqualTo(found.smallest().get(i - 1).parameters());
    }
  }

  /** Against trying every percent. */
  @Test
  void hardlyASmallerPlainNetworkWouldDo() throws Exception {
    Compressor plain = new Compressor(NetworkExport.onnx(network));
    Rows rows = Rows.of(FEATURES, TEST.inputs(0, TEST.size()));
    int[] labels = new int[TEST.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = TEST.label(i);
    }
    double best = 1;
    for (double share = 1; share > 0.15; share -= 0.01) {
      OnnxModel smaller = plain.apply(plain.plan(new ParameterBudget(share, Division.GLOBAL)));
      try (OnnxRuntimeSession session = OnnxRuntimeSession.of(smaller)) {
        if (session.accuracy(rows, labels) >= found.accuracy() - 0.02) {
          best = smaller.parameters() / (double) found.parameters();
        }
      }
    }
    Smallest smallest = found.smallest().get(2);
    assertThat(smallest.method()).isEqualTo(Method.PLAIN);
    assertThat(smallest.points()).isEqualTo(2);
    assertThat(smallest.share()).isBetween(0.9 * best, 1.2 * best);
  }
}
