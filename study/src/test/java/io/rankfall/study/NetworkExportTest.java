package io.rankfall.study;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.compress.Inspection;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.Rows;
import io.rankfall.study.NetworkExport.BatchNorms;
import io.rankfall.train.Architecture;
import io.rankfall.train.Batch;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.InputShape;
import io.rankfall.train.Labels;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.LocalPerceptron;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepSchedule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Holds exported files against the learner: its forward pass is PyTorch's, theirs ONNX Runtime's.
 */
final class NetworkExportTest {
  private static final int CLASSES = 5;

  /** In a batch of the learner's. */
  private static final int BATCH = 12;

  @TempDir private Path folder = Path.of("");

  private static InputShape input(String name) {
    if (name.startsWith("gpt")) {
      return InputShape.flat(6);
    }
    return name.startsWith("lenet") ? new InputShape(1, 28, 28) : new InputShape(3, 32, 32);
  }

  private static Examples noise(Architecture architecture, int count) {
    SplittableRandom random = new SplittableRandom(1);
    float[] inputs = new float[count * architecture.inputs()];
    boolean tokens = architecture.targets() > 1;
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = tokens ? random.nextInt(CLASSES) : (float) random.nextGaussian();
    }
    int[] labels = random.ints((long) count * architecture.targets(), 0, CLASSES).toArray();
    return Examples.of(
        architecture.inputShape(),
        inputs,
        Labels.sequences(CLASSES, architecture.targets(), labels));
  }

  /** A learner after a step, so that no normalisation is the identity. */
  private static Learner learner(Architecture architecture, Examples examples) {
    Network initial = architecture.initialize(Initialization.HE, 3);
    Learner learner =
        LearnerKind.DJL.start(
            initial, new Optimizer(0.01, 1e-3, 0.9, StepSchedule.CONSTANT), BATCH);
    learner.step(Batch.range(examples, 0, BATCH), 0.01);
    return learner;
  }

  /**
   * Every family, those of many operations on fewer inputs; {@code -Drankfall.export.inputs=1000}
   * gives them as many as the others.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mlp:depth=4,width=20,bn                    | 1000",
        "mlp:depth=3,width=20,bn,residual,act=leaky | 1000",
        "mlp:depth=3,width=20,wn,act=gelu           | 1000",
        "mlp:depth=3,width=20,bias=false,bn         | 1000",
        "lenet300                                   | 1000",
        "lenet5                                     | 1000",
        "convnet:depth=4,width=8                    | 1000",
        "vgg11                                      |   12",
        "vgg16                                      |   12",
        "resnet8                                    | 1000",
        "resnet18                                   |   12",
        "resnet20                                   | 1000",
        "resnet50                                   |   12",
        "vit:depth=2,width=16                       | 1000",
        "gpt:depth=2,width=16                       | 1000"
      })
  void theFileGivesTheLearnersLogits(String name, int least) throws IOException {
    int count = Math.max(least, Integer.getInteger("rankfall.export.inputs", least));
    requireSameLogits(Architecture.named(name, input(name), CLASSES), count);
  }

  /** Of images with colours, higher than wide. */
  @ParameterizedTest
  @EnumSource
  void theFileOfALocalPerceptronGivesTheLearnersLogits(Mlp.Normalization normalization)
      throws IOException {
    InputShape image = new InputShape(3, 12, 8);
    Mlp whole = new Mlp(image.size(), List.of(30, 20), CLASSES, normalization);

    requireSameLogits(new LocalPerceptron(whole, image, 4, 5), 1000);
  }

  private static void requireSameLogits(Architecture architecture, int count) throws IOException {
    Examples examples = noise(architecture, count);
    try (Learner learner = learner(architecture, examples)) {
      float[] expected = learner.logits(examples, 0, count);
      for (BatchNorms batchNorms : BatchNorms.values()) {
        OnnxModel model = NetworkExport.onnx(learner.network(), batchNorms);
        try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
          Rows found = session.logits(Rows.of(architecture.inputs(), examples.inputs(0, count)));
          assertClose(found.toArray(), expected);
        }
      }
    }
  }

  private static void assertClose(float[] found, float[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < found.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    }
    assertThat(difference / largest).isLessThan(1e-4);
  }

  @Test
  void foldingLeavesNoBatchNormalisation() throws IOException {
    Network network =
        Architecture.named("resnet8", input("resnet8"), CLASSES).initialize(Initialization.HE, 1);

    assertThat(operators(NetworkExport.onnx(network, BatchNorms.KEPT)))
        .contains("BatchNormalization");
    assertThat(operators(NetworkExport.onnx(network, BatchNorms.FOLDED)))
        .doesNotContain("BatchNormalization");
  }

  private String operators(OnnxModel model) throws IOException {
    Path file = folder.resolve("model.onnx");
    model.write(file);
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
  }

  @Test
  void inspectionFindsTheMatricesThatTrainingWatches() throws IOException, InterruptedException {
    Architecture architecture =
        Architecture.named("vit:depth=1,width=16,heads=2", input("vit"), CLASSES);
    Path file = folder.resolve("vit.onnx");
    NetworkExport.onnx(architecture.initialize(Initialization.HE, 1)).write(file);

    Inspection inspection = Inspection.of(file);

    assertThat(inspection.matrices().stream().map(m -> m.name().replace("/MatMul", "")))
        .contains("block1.query", "block1.key", "block1.value", "block1.output", "patches", "head");
    assertThat(inspection.products()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet8", "gpt:depth=1,width=8", "mlp:wn,depth=1,width=3"})
  void whatIsSavedIsReadToTheBit(String name) throws IOException {
    Architecture architecture = Architecture.named(name, input(name), CLASSES);
    Network network = architecture.initialize(Initialization.PYTORCH, 3);
    Path file = folder.resolve("model.safetensors");
    NetworkExport.safetensors(network, file);

    assertThat(NetworkFile.read(file, architecture)).isEqualTo(network);
  }
}
