package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void aDivergedTrainingIsAFindingWithItsRecord() throws IOException {
    Path out = folder.resolve("diverged");
    Files.createDirectory(out);
    Files.writeString(out.resolve("model.onnx"), "of an earlier run");
    Ran ran =
        Ran.run(
            "train",
            "--hidden",
            "8",
            "--lr",
            "1e6",
            "--weight-decay",
            "0",
            "--batch-size",
            "128",
            "--epochs",
            "1",
            "--out",
            out.toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(ran.out()).startsWith("diverged at epoch 1, step ");
    assertThat(out.resolve("run.json")).content().contains("DIVERGED");
    assertThat(out.resolve("model.onnx")).doesNotExist();
    assertThat(Ran.run("inspect", out.toString()).err())
        .contains("this training diverged at epoch 1");
  }

  @Test
  void anOptimizerOfPytorchTrainsByItself() throws IOException {
    Path out = folder.resolve("adamw");
    String line =
        "train --hidden 8 --batch-size 500 --epochs 1 --optimizer adamw --lr 2e-3 --cosine 2"
            + " --clip-norm 1 --decay-on matrices --loss mse --out "
            + out;
    Ran ran = Ran.run(line.split(" ", -1));
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).startsWith("test accuracy 0.");
    JsonNode spec = new JsonMapper().readTree(out.resolve("run.json").toFile()).path("spec");
    assertThat(spec.path("learner").asText()).isEqualTo("DJL");
    assertThat(spec.path("loss").asText()).isEqualTo("MSE");
    assertThat(spec.path("optimizer").path("method").asText()).isEqualTo("ADAMW");
    assertThat(spec.path("optimizer").path("schedule").path("epochs").asInt()).isEqualTo(2);
    assertThat(Ran.run("inspect", out.toString()).exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "train --batch-size 0, batch size: expected >= 1; found 0",
    "train --lr -1, learning rate: expected > 0",
    "train --lr 0.5 --weight-decay 2, weight decay: expected",
    "train --learner tensorflow, tensorflow",
    "train --hidden 0, mlp: expected",
    "train --optimizer adam, adam",
    "train --optimizer adamw --learner fused, optimizer: expected SGD or NESTEROV with learner FUSED",
    "train --clip-norm 1 --learner fused, clip norm: expected 0; none with learner FUSED; found 1.0",
    "train --cosine 20 --milestones 5, milestones: expected none beside a cosine",
    "train --cosine 10, epochs: expected none at learning rate 0",
    "theory --optimizer adamw --examples 9 --batch-size 3 --html x.html, --html: expected SGD without clipping",
    "train --batch-norm --batch-size 1, batch normalisation",
    "train --milestones 5;3, ascending",
    "demo --epochs 0, epochs: expected >= 1",
    "demo --width -3, mlp: expected",
    "demo --epoch 3, did you mean --epochs",
    "inspect, Missing required parameter",
    "inspect a.onnx --json --csv, mutually exclusive",
    "compress a.onnx --out b.onnx, expected one of --params",
    "compress a.onnx --params 0.5, expected --out FILE or --dry-run",
    "train --epochs 3 --milestones 5, --milestones: expected epochs before the last",
    "demo --jobs 0, jobs: expected >= 1",
    "compress a.onnx --params 0.5 --energy 0.9 --out b.onnx, 'rankfall: --params=SHARE, --energy=SHARE are mutually exclusive'",
    "compress a.onnx --params 1.5 --dry-run, parameter share: expected",
    "compress a.onnx --macs 0 --dry-run, share of multiply-accumulates: expected above 0",
    "compress a.onnx --latency 2 --dry-run, share of the latency: expected above 0",
    "compress a.onnx --size 20XB --dry-run, expected a size such as 500kB",
    "compress a.onnx --epsilon -1 --dry-run, epsilon: expected above 0",
    "compress a.onnx --max-drop -1 --dry-run --data x.npz, drop: expected a number >= 0",
    "compress a.onnx --max-drop 1 --dry-run, --max-drop: expected --data with labels",
    "compress a.onnx --max-change 0.1 --dry-run, --max-change: expected --data",
    "compress a.onnx --rank 4 --dry-run --metric mse, expected one of accuracy; top5; r2; found 'mse'",
    "compress a.onnx --rank 4 --dry-run --batch 0, batch: expected >= 1",
    "compress a.onnx --rank 0 --dry-run, rank: expected >= 1",
    "frobnicate, frobnicate",
    "'', expected a command"
  })
  void wrongUsageIsOneLineAndExitCode2(String command, String message) {
    String[] args = command.isEmpty() ? new String[0] : command.replace(';', ',').split(" ", -1);
    Ran ran = Ran.run(args);
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.USAGE);
    ran.assertOneLine(message.replace(';', ','));
  }

  @Test
  void unreadableInputIsOneLineAndExitCode3() throws IOException {
    Path garbage = folder.resolve("garbage.onnx");
    Files.writeString(garbage, "not a model");
    Path truncated = folder.resolve("truncated.onnx");
    byte[] whole = Files.readAllBytes(TrainedRun.folder().resolve("model.onnx"));
    Files.write(truncated, Arrays.copyOf(whole, whole.length / 2));
    Path brokenRun = Files.createDirectory(folder.resolve("broken-run"));
    Files.writeString(brokenRun.resolve("run.json"), "{\"formatVersion\": 1");
    for (Path bad :
        List.of(
            folder.resolve("missing.onnx"),
            folder.resolve("missing.safetensors"),
            garbage,
            truncated,
            brokenRun,
            folder)) {
      Ran ran = Ran.run("inspect", bad.toString());
      assertThat(ran.exitCode()).as(bad + ": " + ran.err()).isEqualTo(ExitCode.FAILURE);
      ran.assertOneLine(bad.toString());
    }
  }

  @Test
  void anOutputThatIsAFileIsRefusedBeforeTraining() throws IOException {
    Path file = folder.resolve("taken");
    Files.writeString(file, "precious");
    for (String command : List.of("demo", "train")) {
      Ran ran = Ran.run(command, "--out", file.toString());
      assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
      ran.assertOneLine(file + ": expected a folder, found a file");
    }
    assertThat(file).hasContent("precious");
  }

  @Test
  void helpAndVersionGoToStandardOutput() {
    for (String command : List.of("demo", "train", "inspect", "compress")) {
      Ran help = Ran.run("help", command);
      assertThat(help.exitCode()).isZero();
      assertThat(help.out()).contains("Examples:").contains("rankfall " + command);
      assertThat(help.err()).isEmpty();
    }
    assertThat(Ran.run("--version").out()).matches("rankfall \\d+\\.\\d+\\.\\d+.*\\R");
    assertThat(Ran.run("--help").out()).contains("Exit codes:").contains("130");
  }
}
