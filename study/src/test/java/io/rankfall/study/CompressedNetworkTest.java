package io.rankfall.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compression;
import io.rankfall.compress.Compression.Refined;
import io.rankfall.compress.Goal;
import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import io.rankfall.compress.Rows;
import io.rankfall.train.Architecture;
import io.rankfall.train.Batch;
import io.rankfall.train.CosineSchedule;
import io.rankfall.train.CutArchitecture;
import io.rankfall.train.Dataset;
import io.rankfall.train.Distillation;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.InputShape;
import io.rankfall.train.Labels;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.LocalPerceptron;
import io.rankfall.train.Loss;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSettings;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.graph.Cut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CompressedNetworkTest {
  private static final InputShape IMAGE = new InputShape(1, 16, 16);
  private static final int CLASSES = 4;
  private static final int EXAMPLES = 200;
  private static final Mlp MLP =
      new Mlp(IMAGE.size(), List.of(64, 40), CLASSES, Mlp.Normalization.NONE);
  private static final LocalPerceptron LOCAL = new LocalPerceptron(MLP, IMAGE, 4, 3);
  private static final Optimizer OPTIMIZER = new Optimizer(0.05, 1e-3, 0, StepSchedule.CONSTANT);

  @TempDir private Path folder = Path.of("");

  /** Images of which each class has a pattern of its own under noise. */
  private static Examples patterns(long seed) {
    SplittableRandom pattern = new SplittableRandom(9);
    float[][] means = new float[CLASSES][IMAGE.size()];
    for (float[] mean : means) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] = (float) pattern.nextGaussian();
      }
    }
    SplittableRandom random = new SplittableRandom(seed);
    float[] inputs = new float[EXAMPLES * IMAGE.size()];
    int[] labels = new int[EXAMPLES];
    for (int e = 0; e < EXAMPLES; e++) {
      labels[e] = random.nextInt(CLASSES);
      for (int i = 0; i < IMAGE.size(); i++) {
        inputs[e * IMAGE.size() + i] = means[labels[e]][i] + 2 * (float) random.nextGaussian();
      }
    }
    return Examples.of(IMAGE, inputs, Labels.of(CLASSES, labels));
  }

  private static Network trained(Architecture architecture, Examples examples) {
    try (Learner learner =
        LearnerKind.fastest(architecture, OPTIMIZER)
            .start(architecture.initialize(Initialization.HE, 1), OPTIMIZER, 20)) {
      for (int step = 0; step < 20; step++) {
        learner.step(Batch.range(examples, step * 10 % EXAMPLES, 10), 0.02);
      }
      return learner.network();
    }
  }

  private Path exported(Network network) throws IOException {
    Path file = folder.resolve("dense.onnx");
    NetworkExport.onnx(network).write(file);
    return file;
  }

  private static Compression compression(Path file, double share, Examples examples) {
    return Compression.of(file, new ParameterBudget(share))
        .calibration(ModelInputs.of(Rows.of(IMAGE.size(), examples.inputs(0, examples.size()))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "mlp:depth=2,width=40,bn 0.3",
        "mlp:depth=2,width=40,bias=false 0.3",
        "lenet5 0.1",
        "convnet:depth=4,width=12 0.4",
        "vit:depth=1,width=24,heads=2 0.6",
        "local 0.5"
      })
  void itsNetworkComputesWhatTheFileDoes(String name, double share)
      throws IOException, BudgetException {
    Architecture architecture =
        name.equals("local") ? LOCAL : Architecture.named(name, IMAGE, CLASSES);
    Examples examples = patterns(1);
    Path dense = exported(trained(architecture, examples));
    Path small = folder.resolve("small.onnx");
    Network[] read = new Network[1];

    compression(dense, share, examples)
        .refinement(
            (model, plan) -> {
              CompressedNetwork compressed =
                  new CompressedNetwork(architecture, plan, model, "small");
              read[0] = compressed.network();
              return new Refined(compressed.with(read[0]), "read");
            })
        .write(small);

    assertThat(read[0].architecture()).isInstanceOf(CutArchitecture.class);
    assertThat(read[0].architecture().parameters())
        .isLessThanOrEqualTo((long) (share * architecture.parameters()) + running(read[0]));
    float[] inputs = examples.inputs(0, 30);
    assertComputesTheSame(read[0], ((CutArchitecture) read[0].architecture()).expanded(read[0]));
    try (OnnxRuntimeSession session = OnnxRuntimeSession.open(small);
        Learner learner = LearnerKind.DJL.start(read[0], OPTIMIZER, 30)) {
      float[] found = learner.logits(examples, 0, 30);
      float[] expected = session.logits(Rows.of(IMAGE.size(), inputs)).toArray();
      assertThat(found).hasSameSizeAs(expected);
      for (int i = 0; i < found.length; i++) {
        assertThat((double) found[i]).isCloseTo(expected[i], within(1e-4));
      }
    }
  }

  private static void assertComputesTheSame(Network small, Network whole) {
    assertThat(whole.architecture()).isEqualTo(((CutArchitecture) small.architecture()).whole());
    Examples others = patterns(3);
    try (Learner cut = LearnerKind.DJL.start(small, OPTIMIZER, 30);
        Learner expanded = LearnerKind.DJL.start(whole, OPTIMIZER, 30)) {
      float[] expected = cut.logits(others, 0, 30);
      float[] found = expanded.logits(others, 0, 30);
      for (int i = 0; i < found.length; i++) {
        assertThat(found[i]).isCloseTo(expected[i], within(1e-4f));
      }
    }
  }

  /** A file's budget counts running statistics, an architecture's parameters do not. */
  private static long running(Network network) {
    return network.architecture().graph().parameters().stream()
        .filter(named -> !named.parameter().trained())
        .mapToLong(named -> named.parameter().size())
        .sum();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5})
  void trainingOnBringsBackWhatCompressionLost(double teacherShare)
      throws IOException, BudgetException {
    Architecture architecture = Architecture.named("mlp:depth=2,width=40,bn", IMAGE, CLASSES);
    Examples examples = patterns(1);
    Dataset dataset = new Dataset("patterns", examples, patterns(2), "0");
    Network network = trained(architecture, examples);
    Path dense = exported(network);
    RunSpec spec =
        new RunSpec(
            "patterns",
            architecture,
            Initialization.HE,
            20,
            OPTIMIZER,
            1,
            1,
            LearnerKind.fastest(architecture, OPTIMIZER));
    FineTuning.Recipe recipe =
        new FineTuning.Recipe(4, 0.05, 1e-3, new Distillation(teacherShare, 2), 1);
    FineTuning tuning =
        new FineTuning(new TrainedRun(spec, dataset, network), recipe, TrainingListener.NONE);
    Path small = folder.resolve("small.onnx");

    var report = Compression.of(dense, new ParameterBudget(0.1)).refinement(tuning).write(small);

    double before = tuning.run().epochs().get(0).test().accuracy();
    double after = tuning.run().epochs().get(4).test().accuracy();
    assertThat(after).isGreaterThan(before + 0.1);
    assertThat(report.notes())
        .contains(
            "the compressed network was trained on for 4 epochs of patterns from learning rate 0.05 on: test accuracy %.2f %% before, %.2f %% after"
                .formatted(100 * before, 100 * after));
    Path untuned = folder.resolve("untuned.onnx");
    Compression.of(dense, new ParameterBudget(0.1)).write(untuned);
    // One example of 200 may fall to the other side by rounding.
    assertThat(accuracy(untuned, dataset.test())).isCloseTo(before, within(0.006));
    assertThat(accuracy(small, dataset.test())).isCloseTo(after, within(0.006));
    assertThat(OnnxModel.read(small).parameters())
        .isLessThanOrEqualTo((long) (0.1 * OnnxModel.read(dense).parameters()));
  }

  private static double accuracy(Path file, Examples test) throws IOException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.open(file)) {
      Rows images = Rows.of(IMAGE.size(), test.inputs(0, EXAMPLES));
      return session.accuracy(images, test.labels());
    }
  }

  /** All but the learning rate, which falls from half of the run's along a cosine to 0. */
  @Test
  void trainingOnFollowsTheRunsRecipe() throws IOException, BudgetException {
    RunSpec spec =
        new RunSettings()
            .architecture("mlp:depth=2,width=40")
            .batchSize(10)
            .learningRate(0.02)
            .weightDecay(3e-3)
            .momentum(0.5)
            .clipNorm(7)
            .epochs(6)
            .seed(4)
            .loss(Loss.MSE)
            .spec("patterns", IMAGE, CLASSES);
    Dataset dataset = new Dataset("patterns", patterns(1), patterns(2), "0");
    Network network = trained(spec.architecture(), dataset.train());
    FineTuning tuning =
        new FineTuning(
            new TrainedRun(spec, dataset, network),
            FineTuning.Recipe.of(spec),
            TrainingListener.NONE);

    Compression.of(exported(network), new ParameterBudget(0.1))
        .refinement(tuning)
        .write(folder.resolve("small.onnx"));

    RunSpec done = tuning.run().spec();
    Optimizer optimizer = spec.optimizer();
    assertThat(done)
        .isEqualTo(
            spec.with(
                done.architecture(),
                new Optimizer(
                    0.01,
                    optimizer.weightDecay(),
                    optimizer.momentum(),
                    new CosineSchedule(3, 0),
                    optimizer.method(),
                    optimizer.decayOn(),
                    optimizer.clipNorm()),
                3));
    assertThat(done.architecture()).isInstanceOf(CutArchitecture.class);
    assertThat(done.batchSize()).isEqualTo(10);
    assertThat(done.loss()).isEqualTo(Loss.MSE);
    assertThat(optimizer.clipNorm()).isEqualTo(7);
  }

  @Test
  void stagesReachTheBudgetStepByStep() throws IOException, BudgetException {
    RunSpec spec =
        new RunSettings().architecture("mlp:depth=2,width=40").spec("patterns", IMAGE, CLASSES);
    Dataset dataset = new Dataset("patterns", patterns(1), patterns(2), "0");
    Network network = trained(spec.architecture(), dataset.train());
    Path dense = exported(network);
    Path small = folder.resolve("small.onnx");
    List<Double> shares = new ArrayList<>();
    List<Integer> epochs = new ArrayList<>();
    FineTuning.Recipe recipe = new FineTuning.Recipe(5, 0.02, 1e-3, new Distillation(0, 2), 2);
    TrainingListener listener = record -> epochs.add(record.epoch());

    try (Stages stages =
        new Stages(
            dense,
            new TrainedRun(spec, dataset, network),
            recipe,
            (from, goal) -> {
              shares.add(((ParameterBudget) goal).share());
              return Compression.of(from, goal);
            },
            listener)) {
      var report = stages.last(new ParameterBudget(0.09)).write(small);
      assertThat(report.plan().share()).isLessThanOrEqualTo(0.09);
      assertThatThrownBy(() -> stages.last(new Goal.Macs(0.5)))
          .hasMessage(
              "stages: expected a budget of parameters, found a goal of at most 0.5 of the multiply-accumulates");
    }

    assertThat(shares).containsExactly(0.3, 0.09);
    assertThat(epochs).containsExactly(0, 1, 2, 0, 1, 2, 3);
    assertThat(OnnxModel.read(small).parameters())
        .isLessThanOrEqualTo((long) (0.09 * OnnxModel.read(dense).parameters()));
  }

  /** The first stage takes up what the local layer has not saved yet. */
  @Test
  void aLocalNetworkIsCompressedBesideTheDenseOne() throws IOException, BudgetException {
    RunSpec spec =
        new RunSpec("patterns", MLP, Initialization.HE, 20, OPTIMIZER, 4, 1, LearnerKind.FUSED);
    Dataset dataset = new Dataset("patterns", patterns(1), patterns(2), "0");
    Network network = trained(MLP, dataset.train());
    Path dense = exported(network);
    Path small = folder.resolve("small.onnx");
    List<Double> shares = new ArrayList<>();

    FineTuning.Recipe recipe = new FineTuning.Recipe(4, 0.02, 2e-3, new Distillation(0.5, 2), 2);
    try (Stages stages =
        new Stages(
            dense,
            new TrainedRun(spec, dataset, network),
            LOCAL.near(network, dataset.train()),
            recipe,
            (from, goal) -> {
              shares.add(((ParameterBudget) goal).share());
              return Compression.of(from, goal);
            },
            TrainingListener.NONE)) {
      var report = stages.last(new ParameterBudget(0.1)).write(small);

      double whole = LOCAL.parameters() / (double) MLP.parameters();
      assertThat(shares).hasSize(2);
      assertThat(shares.get(0)).isCloseTo(Math.sqrt(whole * 0.1), within(1e-12));
      assertThat(shares.get(1)).isEqualTo(0.1);
      assertThat(report.model()).isEqualTo(dense.toString());
      assertThat(report.dense().parameters()).isEqualTo(MLP.parameters());
      assertThat(report.dense().macs()).hasValue(256 * 64 + 64 * 40 + 40 * 4);
      assertThat(report.plan().share()).isBetween(0.09, 0.1);
      assertThat(report.plan().layers()).extracting(RankPlan.Layer::name).contains("fc2", "fc3");
      Optimizer tuned = stages.tuning().spec().optimizer();
      assertThat(tuned.weightDecay()).isEqualTo(2e-3);
      CutArchitecture cut = (CutArchitecture) stages.tuning().spec().architecture();
      assertThat(cut.whole()).isEqualTo(LOCAL);
    }
    long parameters = OnnxModel.read(small).parameters();
    assertThat(parameters).isLessThanOrEqualTo((long) (0.1 * MLP.parameters()));
  }

  @ParameterizedTest
  @ValueSource(doubles = {4, 1e9})
  void aTrainingThatDivergesIsTriedWithHalfTheLearningRate(double rate)
      throws IOException, BudgetException {
    Architecture architecture = Architecture.named("mlp:depth=2,width=40", IMAGE, CLASSES);
    Examples examples = patterns(1);
    Network network = trained(architecture, examples);
    Path dense = exported(network);
    RunSpec spec =
        new RunSettings()
            .architecture("mlp:depth=2,width=40")
            .epochs(2)
            .weightDecay(0)
            .spec("patterns", IMAGE, CLASSES);
    FineTuning.Recipe recipe = new FineTuning.Recipe(2, rate, 0, new Distillation(0, 2), 1);
    FineTuning tuning =
        new FineTuning(
            new TrainedRun(spec, new Dataset("patterns", examples, patterns(2), "0"), network),
            recipe,
            TrainingListener.NONE);
    Path small = folder.resolve("small.onnx");
    Compression compression = Compression.of(dense, new ParameterBudget(0.1)).refinement(tuning);
    if (rate > 1000) {
      assertThatThrownBy(() -> compression.write(small))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("expected a training that converges")
          .hasMessageContaining("at learning rate 6.25E7");
      assertThat(small).doesNotExist();
    } else {
      compression.write(small);
      assertThat(tuning.run().spec().optimizer().learningRate()).isIn(2.0, 1.0, 0.5, 0.25);
      assertThat(small).exists();
    }
  }

  @Test
  void aPlanOfAnotherNetworkIsRefused() throws IOException, BudgetException {
    Architecture architecture = Architecture.named("mlp:depth=2,width=40", IMAGE, CLASSES);
    Architecture other = Architecture.named("mlp:depth=1,width=40", IMAGE, CLASSES);
    Path dense = exported(architecture.initialize(Initialization.HE, 1));

    assertThatThrownBy(
            () ->
                Compression.of(dense, new ParameterBudget(0.5))
                    .refinement(
                        (model, plan) ->
                            new Refined(model, read(other, plan, model).architecture().label()))
                    .write(folder.resolve("small.onnx")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("layer")
        .hasMessageContaining("'fc3'");
    assertThat(folder.resolve("small.onnx")).doesNotExist();
  }

  private static Network read(Architecture architecture, RankPlan plan, OnnxModel model)
      throws ModelFormatException {
    return new CompressedNetwork(architecture, plan, model, "small").network();
  }

  @Test
  void aCutArchitectureIsReadBackFromJson() {
    Architecture whole = Architecture.named("mlp:depth=2,width=40,bn", IMAGE, CLASSES);
    Architecture cut =
        new CutArchitecture(
            whole,
            List.of(
                new Cut("fc1", Cut.Kind.CHANNEL, 30, 256, List.of(7)),
                new Cut("fc2", Cut.Kind.WHOLE, 40, 30, List.of())));
    RunSpec spec =
        new RunSpec("patterns", cut, Initialization.HE, 4, OPTIMIZER, 1, 1, LearnerKind.DJL);

    assertThat(RunSpec.ofJson(spec.json())).isEqualTo(spec);
    assertThat(cut.graph().parameters().stream().map(p -> p.name()))
        .contains("fc1.right.weight", "fc1.left.weight", "fc1.left.bias", "fc2.weight");
    assertThatThrownBy(
            () ->
                new CutArchitecture(
                    whole, List.of(new Cut("fc1", Cut.Kind.CHANNEL, 30, 256, List.of(7)))))
        .hasMessageContaining("layer fc2: expected 40 features");
  }
}
