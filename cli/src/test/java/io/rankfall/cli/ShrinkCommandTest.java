package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.compress.OnnxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    Ran compress =
        Ran.run(
            "compress", out.toString(), "--params=0.3", "--finetune-epochs=1", "--out=" + again);
    assertThat(compress.exitCode()).as(compress.err()).isEqualTo(ExitCode.OK);
    assertThat(compress.err()).contains("trained on for 1 epochs of fashion-mnist-2000");
    assertThat(again).exists();
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
    Ran.run("shrink", "--epochs=2", "--stages=2", "--out=" + folder)
        .assertOneLine("stages: expected 1 to the 1 epochs of fine-tuning, found 2");
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
  void aNetworkOfAnyNameIsTrainedAndInspected() {
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
    Ran.run("generalization", out.toString())
        .assertOneLine("expected the run of a perceptron of linear layers with biases and ReLU");
  }
}
