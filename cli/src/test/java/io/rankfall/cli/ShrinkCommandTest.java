package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.compress.OnnxModel;
import io.rankfall.study.ResultsFile;
import io.rankfall.study.RunFiles;
import io.rankfall.train.CosineSchedule;
import io.rankfall.train.RunSettings;
import io.rankfall.train.Schedule;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.WarmUp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code shrink}, {@code compress --finetune-epochs} and {@code architectures}. */
final class ShrinkCommandTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void oneCommandTrainsCompressesTrainsOnAndReports() throws IOException {
    Path out = folder.resolve("small");

    Ran ran =
        Ran.run(
            "shrink",
            "--arch=mlp:depth=1,width=30",
            "--data=fashion-mnist-2000",
            "--params=0.3",
            "--epochs=2",
            "--finetune-epochs=4",
            "--stages=3",
            "--teacher=0.5",
            "--augment=crop=1",
            "--max-drop=100",
            "--out=" + out);

    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    assertThat(ran.out())
        .containsPattern(
            "Test accuracy: [0-9.]+ % dense, [0-9.]+ % compressed to [0-9.]+ % of the parameters")
        .contains("small.onnx");
    // 125 steps of 0.1 an epoch: 7.5/(250·0.1) is above the most that is chosen.
    assertThat(ran.err()).contains("wd=0.002");
    assertThat(Files.readString(out.resolve("run.json"))).contains("\"hidden\" : [ 30 ]");
    assertThat(Files.readString(out.resolve("report.html"))).contains("trained on for 2 epochs");
    assertThat(OnnxModel.read(out.resolve("small.onnx")).parameters())
        .isLessThanOrEqualTo((long) (0.3 * OnnxModel.read(out.resolve("model.onnx")).parameters()));

    Path again = folder.resolve("again.onnx");
    String[] compress = {"compress", out.toString(), "--finetune-epochs=3", "--out=" + again};
    Ran staged = Ran.run(with(compress, "--params=0.3", "--stages=2"));
    assertThat(staged.exitCode()).as(staged.err()).isEqualTo(ExitCode.OK);
    assertThat(staged.err()).contains("trained on for 2 epochs of fashion-mnist-2000");
    assertThat(OnnxModel.read(again).parameters())
        .isLessThanOrEqualTo((long) (0.3 * OnnxModel.read(out.resolve("model.onnx")).parameters()));
    Ran.run(with(compress, "--rank=5", "--stages=2"))
        .assertOneLine("--stages: expected --params beside it, found none");
    Ran.run(with(compress, "--params=0.3", "--stages=4"))
        .assertOneLine("stages: expected 1 to the 3 epochs of fine-tuning, found 4");
  }

  @Test
  void aPerceptronsFirstLayerBecomesLocal() throws IOException {
    Path out = folder.resolve("local");
    String[] shrink = {
      "shrink",
      "--arch=mlp:depth=2,width=60",
      "--data=fashion-mnist-2000",
      "--params=0.06",
      "--epochs=2",
      "--max-drop=100",
      "--out=" + out
    };

    Ran local = Ran.run(shrink);
    assertThat(local.exitCode()).as(local.err()).isEqualTo(ExitCode.OK);
    assertThat(local.out())
        .containsPattern(
            "fc1 +49×784 of 60×784 +local +784 +– +each unit sees one of 49 squares of 4x4, 16 of 784 inputs")
        .doesNotContain("left alone");
    assertThat(local.err())
        .contains("trained on for 4 epochs of fashion-mnist-2000 from learning rate 0.1 on");
    Path small = out.resolve("small.onnx");
    long dense = OnnxModel.read(out.resolve("model.onnx")).parameters();
    assertThat(OnnxModel.read(small).parameters()).isLessThanOrEqualTo((long) (0.06 * dense));
    assertThat(Files.readString(out.resolve("report.html"))).contains("49 squares");

    Ran whole = Ran.run(with(shrink, "--local=0"));
    assertThat(whole.exitCode()).as(whole.err()).isEqualTo(ExitCode.OK);
    assertThat(whole.out()).doesNotContain("each unit sees");
    assertThat(whole.err()).contains("trained on for 1 epochs");
  }

  private static String[] with(String[] arguments, String... more) {
    return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void aScheduleThatIsGivenIsKept() throws IOException {
    assertThat(scheduleOf("--warmup-epochs=1")).isEqualTo(new WarmUp(1, new CosineSchedule(2, 0)));
    assertThat(scheduleOf("--cosine=3", "--cosine-floor=0.5"))
        .isEqualTo(new CosineSchedule(3, 0.5));
    assertThat(scheduleOf("--cosine=0"))
        .isEqualTo(new StepSchedule(List.of(), RunSettings.DECAY_FACTOR));
    assertThat(scheduleOf("--milestones=1", "--decay-factor=0.5"))
        .isEqualTo(new StepSchedule(List.of(1), 0.5));
  }

  /** Of the dense network's training. */
  private Schedule scheduleOf(String... options) throws IOException {
    Path out = folder.resolve("scheduled");
    List<String> all = new ArrayList<>();
    all.addAll(List.of("shrink", "--arch=mlp:depth=1,width=10", "--data=fashion-mnist-500"));
    all.addAll(List.of("--params=0.9", "--epochs=2", "--finetune-epochs=1"));
    all.addAll(List.of("--batch-size=100", "--max-drop=100", "--out=" + out));
    all.addAll(List.of(options));
    Ran ran = Ran.run(all.toArray(String[]::new));
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    return ResultsFile.readRun(out.resolve(RunFiles.RUN)).spec().optimizer().schedule();
  }

  @Test
  void moreThanTheDropThatIsAllowedIsAFinding() {
    Ran ran =
        Ran.run(
            "shrink",
            "--arch=mlp:depth=1,width=30",
            "--data=fashion-mnist-2000",
            "--params=0.1",
            "--epochs=1",
            "--finetune-lr=1e-6",
            "--max-drop=0",
            "--out=" + folder.resolve("small"));

    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.FINDING);
    assertThat(ran.out()).contains("points lost");
  }

  @Test
  void whatCannotBeIsRefusedBeforeTraining() {
    Ran.run("shrink", "--params=2").assertOneLine("parameter share");
    Ran.run("shrink", "--arch=lenet6", "--out=" + folder)
        .assertOneLine("found 'lenet6'; the nearest is lenet5");
    Ran.run("compress", folder.toString(), "--params=0.5", "--finetune-epochs=1", "--out=x.onnx")
        .assertOneLine("--finetune-epochs: expected the folder of a run");
    Ran.run("shrink", "--epochs=2", "--stages=2", "--local=0", "--out=" + folder)
        .assertOneLine("stages: expected 1 to the 1 epochs of fine-tuning, found 2");
    Ran.run("shrink", "--local=5", "--out=" + folder)
        .assertOneLine("--local: expected squares that fill an image of 28x28, found a side of 5");
    Ran.run("shrink", "--local=4", "--arch=lenet5", "--out=" + folder)
        .assertOneLine("--local: local layer: expected a perceptron of plain layers, found lenet5");
    Ran.run("shrink", "--local=4", "--params=0.5", "--arch=lenet300", "--out=" + folder)
        .assertOneLine(
            "expected a budget below the 35,508 parameters that it leaves, found 133,305");
    Ran.run("shrink", "--finetune-weight-decay=-1", "--out=" + folder)
        .assertOneLine("--finetune-weight-decay: expected >= 0, found -1.0");
    Ran.run("shrink", "--teacher=2", "--out=" + folder)
        .assertOneLine("--teacher: expected a share from 0 to 1, found 2.0");
    for (String rate : List.of("NaN", "0", "-1", "Infinity", "5000")) {
      Ran.run("shrink", "--finetune-lr=" + rate, "--out=" + folder)
          .assertOneLine("--finetune-lr: expected above 0 and, times the weight decay");
    }
    Ran.run("shrink", "--loss=mse", "--teacher=0.5", "--out=" + folder)
        .assertOneLine("--teacher: expected a training on the cross-entropy, found MSE");
    Ran.run("shrink", "--augment=spin", "--out=" + folder)
        .assertOneLine("expected crop=PIXELS, flip and rotate=DEGREES");
    Ran.run("shrink", "--augment=crop=40", "--out=" + folder)
        .assertOneLine("expected images of at least 40 pixels a side");
    Ran.run("compress", folder.toString(), "--params=0.5", "--finetune-lr=1", "--out=x.onnx")
        .assertOneLine("--finetune-lr: expected --finetune-epochs beside it");
  }

  @Test
  void architecturesAreListedWithTheirOptions() {
    Ran ran = Ran.run("architectures");

    assertThat(ran.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(ran.out())
        .containsPattern("resnet18 +11,173,962 ")
        .containsPattern("vit +[0-9,]+ ")
        .contains("heads=4");
  }

  @Test
  void aNetworkOfAnyNameIsTrainedInspectedAndExported() throws IOException {
    Path out = folder.resolve("run");
    Ran ran =
        Ran.run(
            "train",
            "--arch=convnet:depth=2,width=4",
            "--epochs=1",
            "--batch-size=500",
            "--out=" + out);

    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    assertThat(ran.out()).contains("conv1", "conv2", "4×16");
    Ran inspect = Ran.run("inspect", out.toString());
    assertThat(inspect.exitCode()).as(inspect.err()).isEqualTo(ExitCode.OK);
    assertThat(inspect.out()).contains("conv2");
    exportedWithoutBatchNorms(out);
    Ran.run("generalization", out.toString())
        .assertOneLine("expected the run of a perceptron of linear layers with biases and ReLU");
  }

  private void exportedWithoutBatchNorms(Path run) throws IOException {
    Path folded = folder.resolve("folded.onnx");
    Ran ran = Ran.run("export", run.toString(), "--fold-batch-norm", "--out=" + folded);
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.OK);
    assertThat(ran.out()).contains("folded.onnx").contains("of the learner's");
    assertThat(text(run.resolve("model.onnx"))).contains("BatchNormalization");
    assertThat(text(folded)).doesNotContain("BatchNormalization");
    Ran.run("export", folder.toString(), "--out=" + folded).assertOneLine("run.json");
    Ran.run("export", run.toString(), "--out=" + folder).assertOneLine("expected a file");
    assertThat(text(folded)).doesNotContain("BatchNormalization");
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
  }
}
