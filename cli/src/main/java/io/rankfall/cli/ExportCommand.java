package io.rankfall.cli;

import io.rankfall.compress.AtomicFile;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.study.ExportCheck;
import io.rankfall.study.NetworkExport;
import io.rankfall.study.NetworkExport.BatchNorms;
import io.rankfall.study.TrainedRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a run's network as ONNX once more, in another form than the run's own model.onnx, and holds",
      "it against the learner's outputs on up to 1,000 test examples before it is written.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall train --arch resnet20 --data cifar10 --out run",
      "  rankfall export run --fold-batch-norm --out serve.onnx",
      "",
      "A folded file has the same outputs up to rounding and fewer operators. 'compress' of a run and its",
      "fine-tuning want model.onnx, which keeps its batch norms."
    })
final class ExportCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RUN", description = "The folder of a run of 'train'.")
  private Path run = Path.of("");

  @Option(
      names = "--fold-batch-norm",
      description = "The layers before them take batch normalisations in.")
  private boolean fold;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The ONNX file; an existing one is replaced once the new one is checked.")
  private Path out = Path.of("");

  @Mixin private final DataFolderOption dataFolder = new DataFolderOption();

  private final Console console;

  ExportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    AtomicFile.requireTarget(out);
    TrainedRun trained = TrainedRun.read(run, dataFolder.folder());
    OnnxModel model =
        NetworkExport.onnx(trained.network(), fold ? BatchNorms.FOLDED : BatchNorms.KEPT);
    double error;
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      error = ExportCheck.require(out.toString(), session, trained);
    }
    model.write(out);
    console
        .out()
        .printf(
            "%s: %,d parameters; outputs within %.1g of the learner's%n",
            out, model.parameters(), error);
    return ExitCode.OK;
  }
}
