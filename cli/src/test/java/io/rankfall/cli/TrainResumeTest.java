package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.study.NetworkFile;
import io.rankfall.study.Results.EpochResult;
import io.rankfall.study.Results.Outcome;
import io.rankfall.study.ResultsFile;
import io.rankfall.study.RunFiles;
import io.rankfall.study.RunRecord;
import io.rankfall.train.Checkpoint;
import io.rankfall.train.Network;
import io.rankfall.train.Run;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.Trainer;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code rankfall train} does with what an earlier training left. */
class TrainResumeTest {
  @TempDir private Path folder = Path.of("");

  private Path run() {
    return folder.resolve("run");
  }

  private Ran train(String... options) {
    List<String> args =
        new ArrayList<>(List.of("train", "--hidden", "6", "--batch-size", "500", "--out"));
    args.add(run().toString());
    args.addAll(Arrays.asList(options));
    return Ran.run(args.toArray(new String[0]));
  }

  private Map<String, Integer> contents() throws IOException {
    Map<String, Integer> contents = new HashMap<>();
    try (Stream<Path> files = Files.list(run())) {
      for (Path file : files.toList()) {
        contents.put(file.getFileName().toString(), Arrays.hashCode(Files.readAllBytes(file)));
      }
    }
    return contents;
  }

  private RunRecord record() throws IOException {
    return ResultsFile.readRun(run().resolve("run.json"));
  }

  @Test
  void anUnfinishedTrainingIsKeptUnlessOverwritten() throws IOException {
    String[] brief = {"--epochs", "5000", "--max-minutes", "0.005", "--resume"};
    Ran paused = train(brief);
    Path checkpoint = run().resolve("checkpoint.safetensors");
    // Where the machine is busy the time may be up before the first step.
    for (int more = 0; more < 50 && Checkpoint.read(checkpoint).begunEpoch() == 0; more++) {
      train(brief);
    }
    assertThat(paused.exitCode()).as(paused.err()).isEqualTo(ExitCode.FINDING);
    assertThat(paused.err())
        .contains("No " + run().resolve("checkpoint.safetensors"))
        .contains("rankfall: --max-minutes: time is up ")
        .endsWith("; the same command with --resume goes on" + System.lineSeparator());
    Map<String, Integer> left = contents();
    assertThat(left).containsOnlyKeys("checkpoint.safetensors", "best.safetensors");

    Ran refused = train("--epochs", "2");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    refused.assertOneLine("checkpoint.safetensors: expected no unfinished training, found one ");
    assertThat(refused.err()).contains("--resume goes on, --overwrite begins anew");
    assertThat(contents()).isEqualTo(left);

    assertThat(train("--epochs", "1", "--overwrite").exitCode()).isZero();
    assertThat(Checkpoint.read(checkpoint).epoch()).isEqualTo(1);
    // What is finished is replaced.
    assertThat(train("--epochs", "1", "--seed", "2").exitCode()).isZero();
    assertThat(record().spec().seed()).isEqualTo(2);
  }

  @Test
  void otherSettingsAndDamagedCheckpointsAreRefusedAndFilesLeft() throws IOException {
    assertThat(train("--epochs", "2").exitCode()).isZero();
    Map<String, Integer> before = contents();
    Path checkpoint = run().resolve("checkpoint.safetensors");

    Ran other = train("--epochs", "2", "--resume", "--lr", "0.05");
    assertThat(other.exitCode()).isEqualTo(ExitCode.USAGE);
    other.assertOneLine(
        "--resume: expected the settings of %s, found others: optimizer.learningRate: expected 0.1, found 0.05"
            .formatted(checkpoint));
    Ran wider = train("--epochs", "2", "--resume", "--hidden", "7");
    assertThat(wider.exitCode()).isEqualTo(ExitCode.USAGE);
    wider.assertOneLine("architecture.hidden: expected [6], found [6,7]");
    Ran behind = train("--epochs", "1", "--resume");
    assertThat(behind.exitCode()).isEqualTo(ExitCode.USAGE);
    behind.assertOneLine("--epochs: expected at least the 2 of " + checkpoint + ", found 1");
    assertThat(contents()).isEqualTo(before);

    byte[] whole = Files.readAllBytes(checkpoint);
    Files.write(checkpoint, Arrays.copyOf(whole, whole.length - 100));
    before = contents();
    for (String option : new String[] {"--resume", "--checkpoint-every=1"}) {
      Ran damaged = train("--epochs", "2", option);
      assertThat(damaged.exitCode()).isEqualTo(ExitCode.FAILURE);
      damaged.assertOneLine(checkpoint + ": ");
    }
    assertThat(contents()).isEqualTo(before);
    assertThat(train("--epochs", "1", "--overwrite").exitCode()).isZero();
  }

  @Test
  void moreEpochsGoOnAndAGoalEndsThem() throws IOException {
    assertThat(train("--epochs", "1").exitCode()).isZero();
    Ran more = train("--epochs", "3", "--resume");
    assertThat(more.exitCode()).as(more.err()).isZero();
    assertThat(more.err()).startsWith("Going on after epoch 1 of 3");
    assertThat(record().result().epochs()).hasSize(4);
    byte[] model = Files.readAllBytes(run().resolve("model.safetensors"));
    // Nothing is left to train: the same files again.
    assertThat(train("--epochs", "3", "--resume").exitCode()).isZero();
    assertThat(run().resolve("model.safetensors")).hasBinaryContent(model);

    Ran met = train("--epochs", "60", "--resume", "--until-accuracy", "0.3", "--until-rank", "6");
    assertThat(met.exitCode()).as(met.err()).isZero();
    assertThat(met.out())
        .startsWith("goal met at epoch 3: mean rank 6.0, goal 6; test accuracy 0.");
    Outcome outcome = record().result().outcome();
    assertThat(outcome.kind()).isEqualTo("GOAL_MET");
    assertThat(outcome.message()).startsWith("epoch 3: mean rank 6.0, goal 6; test accuracy 0.");
    assertThat(record().spec().epochs()).isEqualTo(60);
    assertThat(run().resolve("model.safetensors")).hasBinaryContent(model);
    Ran inspected = Ran.run("inspect", run().toString());
    assertThat(inspected.exitCode()).isZero();
    assertThat(inspected.err()).isEmpty();

    Ran missed = train("--epochs", "4", "--resume", "--until-rank", "2", "--tau", "0.02");
    assertThat(missed.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(missed.out()).startsWith("goal not met by epoch 4: mean rank 6.0, goal 2");
    assertThat(record().result().outcome().kind()).isEqualTo("COMPLETED");
  }

  /** A rate that is far too high: the accuracy does not go up epoch after epoch. */
  @Test
  void patienceEndsATrainingByItsValidationExamplesAndItsRecordLeadsToItsNetwork()
      throws IOException, InterruptedException {
    Ran ended = train("--epochs", "60", "--patience", "1", "--validation", "50000", "--lr", "2");
    assertThat(ended.exitCode()).as(ended.err()).isZero();
    assertThat(ended.out())
        .startsWith("ended at epoch ")
        .contains(": no better validation accuracy than 0.")
        .contains("best validation accuracy 0.")
        .contains("best.safetensors");
    RunRecord record = record();
    List<EpochResult> epochs = record.result().epochs();
    assertThat(record.result().outcome().kind()).isEqualTo("PATIENCE");
    assertThat(record.spec().dataset()).isEqualTo("fashion-mnist-10000");
    assertThat(epochs).hasSizeBetween(3, 20);
    assertThat(epochs.get(epochs.size() - 1).validationAccuracy())
        .isLessThanOrEqualTo(epochs.get(epochs.size() - 2).validationAccuracy());
    Run again =
        new Trainer(record.data(FashionMnist.load()))
            .train(record.trainedSpec(), TrainingListener.NONE);
    Network network = ((RunOutcome.Trained) again.outcome()).network();
    assertThat(NetworkFile.read(run().resolve(RunFiles.SAFETENSORS), network.architecture()))
        .isEqualTo(network);
  }

  @Test
  void optionsThatDoNotGoTogetherAreRefused() {
    assertUsage("--overwrite: expected without --resume", "--resume", "--overwrite");
    assertUsage("--max-minutes: expected > 0, found 0.0", "--max-minutes", "0");
    assertUsage("checkpoint interval: expected epochs or a time", "--checkpoint-every", "soon");
    assertUsage("goal: expected an accuracy from 0 to 1, found 88.0", "--until-accuracy", "88");
    assertUsage("patience: expected >= 1 epoch, found 0", "--patience", "0");
    assertUsage("validation examples: expected 1 to 59999", "--validation", "60000");
    assertUsage("batch size: expected at most the 400", "--validation", "59600");
    assertThat(run()).doesNotExist();
  }

  private void assertUsage(String message, String... options) {
    Ran ran = train(options);
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.USAGE);
    ran.assertOneLine(message);
  }
}
