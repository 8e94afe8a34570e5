package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.study.sweep.SweepSpec;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepCommandTest {
  private static final long LIMIT_SECONDS = 120;
  private static Path folder;
  private static Path study;

  private static String[] grid(Path into, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("sweep", "--batch-size", "64,256", "--lr", "0.1", "--weight-decay", "0,1e-3"));
    args.addAll(List.of("--hidden", "16,8", "--study", into.toString()));
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  /** A study of four small runs and one that diverges, used by several tests. */
  @BeforeAll
  static void sweep(@TempDir Path shared) {
    folder = shared;
    study = folder.resolve("study.db");
    Ran ran = Ran.run(grid(study, "--epochs", "2"));
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.err()).contains("4 runs: 4 waiting; 4 to train").contains("4/4  784-16-8-10 B=");
    assertThat(ran.out()).contains("4 runs: 4 completed").contains("2/2").contains("0.001");
    Ran diverging =
        Ran.run(
            "sweep",
            "--lr",
            "1e30",
            "--hidden",
            "16,8",
            "--epochs",
            "2",
            "--weight-decay",
            "0",
            "--study",
            study.toString());
    assertThat(diverging.exitCode()).as("diverged runs are data").isZero();
    assertThat(diverging.out()).contains("1 run: 1 diverged");
  }

  @Test
  void theSameAgainTrainsNothingAndMoreEpochsOnlyTheNewOnes() throws IOException {
    Path copy = folder.resolve("copy.db");
    assertThat(Ran.run(grid(copy, "--epochs", "1")).exitCode()).isZero();
    Ran again = Ran.run(grid(copy, "--epochs", "1"));
    assertThat(again.exitCode()).isZero();
    assertThat(again.err()).isEmpty();
    assertThat(Ran.run(grid(copy, "--epochs", "2")).exitCode()).isZero();
    try (StudyStore extended = StudyStore.open(copy.toString(), Opening.EXISTING);
        StudyStore whole = StudyStore.open(study.toString(), Opening.EXISTING)) {
      for (StoredRun run : extended.runs()) {
        assertThat(extended.epochs(run.id())).isEqualTo(whole.epochs(run.id()));
      }
    }
  }

  @Test
  void aDryRunListsAndEstimatesAndWritesNothing() {
    Path none = folder.resolve("none.db");
    Ran ran = Ran.run(grid(none, "--epochs", "5", "--dry-run"));
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out())
        .contains("4 runs: about ")
        .contains("MB of checkpoints")
        .contains("784-16-8-10");
    assertThat(ran.out().lines().filter(line -> line.endsWith("FUSED"))).hasSize(4);
    assertThat(none).doesNotExist();
  }

  @Test
  void runsAreListedFilteredAndExported() throws IOException {
    Ran all = Ran.run("runs", study.toString());
    assertThat(all.exitCode()).isZero();
    assertThat(all.out()).contains("5 runs: 4 completed, 1 diverged");
    Ran some = Ran.run("runs", study.toString(), "--where", "batchSize=64", "--where", "wd=0");
    assertThat(some.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(some.err()).contains("expected one of run, batchSize, learningRate");
    some = Ran.run("runs", study.toString(), "--where", "batchSize=64", "--where", "weightDecay>0");
    assertThat(some.out()).contains("1 run: 1 completed");
    assertThat(Ran.run("runs", study.toString(), "--where", "state=diverged").out())
        .contains("1 run: 1 diverged");

    Ran csv = Ran.run("runs", study.toString(), "--per", "epoch", "--csv", "--tau", "0.02");
    List<String> lines = csv.out().lines().toList();
    assertThat(lines.get(0)).startsWith("run,state,dataset").endsWith("meanRank0.02");
    assertThat(lines).hasSize(1 + 4 * 3 + 1);
    int columns = lines.get(0).split(",", -1).length;
    assertThat(lines).allMatch(line -> line.split(",", -1).length == columns);
    Path file = folder.resolve("layers.jsonl");
    Ran jsonl =
        Ran.run("runs", study.toString(), "--per", "layer", "--jsonl", "--out", file.toString());
    assertThat(jsonl.exitCode()).as(jsonl.err()).isZero();
    List<String> rows = Files.readAllLines(file);
    assertThat(rows).hasSize((4 * 3 + 1) * 3);
    JsonNode row = new JsonMapper().readTree(rows.get(1));
    assertThat(row.path("layer").asText()).isEqualTo("fc2");
    assertThat(row.path("outputs").asInt()).isEqualTo(8);
    assertThat(row.path("rank1e-3").asInt()).isEqualTo(8);
  }

  @Test
  void optimizersAreVariedAndToldApart() {
    Path study = folder.resolve("optimizers.db");
    String line =
        "sweep --hidden 8 --batch-size 500 --epochs 1 --lr 0.01 --optimizer sgd,adamw --jobs 1 --study ";
    Ran ran = Ran.run((line + study).split(" ", -1));
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    Ran adamw = Ran.run("runs", study.toString(), "--where", "optimizer=adamw");
    assertThat(adamw.out()).contains("0 ADAMW").contains("1 run: 1 completed");
    Ran csv = Ran.run("runs", study.toString(), "--csv", "--where", "optimizer=sgd,adamw");
    assertThat(csv.out().lines().toList()).hasSize(3);
    assertThat(csv.out()).contains("schedule,optimizer,decayOn,clipNorm,loss");
    assertThat(csv.out()).contains(",SGD,ALL,").contains(",ADAMW,ALL,");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sweep|expected a specification, a preset or options",
        "sweep --batch-size 4,x|options: batchSize: expected a whole number, found 'x'",
        "sweep --batch-size 70000|expected at most the 60000 training examples, found 70000",
        "sweep --batch-size 1 --batch-norm|batch size: expected >= 2 with batch normalisation",
        "sweep ten-minutes --lr x|options: learningRate: expected a number, found 'x'",
        "sweep paper-mlp --batch-size 1|: batch size: expected >= 2 with batch normalisation",
        "sweep ten-minutes --jobs 0|jobs: expected >= 1, found 0",
        "sweep --epochs 2 --seeds a|'a' is not a long",
        "runs x --tau 2 --csv|--tau: expected 0 to below 1, found [2.0]",
        "runs x --per epoch|--per, --tau and --out: expected with --csv or --jsonl",
        "runs x --where lr~3|expected NAME=VALUE or <",
        "runs x --where lr>big|expected a number in 'lr>big', found 'big'",
      })
  void wrongUsageIsOneLine(String line, String message) {
    Ran ran = Ran.run(line.split(" ", -1));
    assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(ran.err().lines()).hasSize(1);
    assertThat(ran.err()).contains(message);
  }

  @Test
  void badFilesAreFailuresInOneLine() throws IOException {
    Path yaml = Files.writeString(folder.resolve("bad.yaml"), "name: x\nmethod: no\n");
    Ran ran = Ran.run("sweep", yaml.toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertThat(ran.err().strip())
        .isEqualTo("rankfall: " + yaml + ":2: method: expected grid or random, found 'no'");
    Ran text = Ran.run("runs", yaml.toString());
    assertThat(text.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertThat(text.err().lines()).hasSize(1);
  }

  @Test
  void aStudyIsNotMadeInAMissingFolder() {
    Path missing = folder.resolve("missing").resolve("s.db");
    Ran ran = Ran.run(grid(missing, "--epochs", "1"));
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertThat(ran.err().lines()).hasSize(1);
    assertThat(ran.err())
        .contains(missing + ": expected an existing directory " + missing.getParent());
    assertThat(missing.getParent()).doesNotExist();
  }

  @Test
  void badSpecificationsAreBlamedWithOptionsToo() throws IOException {
    Path yaml = Files.writeString(folder.resolve("bad-too.yaml"), "name: x\nmethod: no\n");
    Ran ran = Ran.run("sweep", yaml.toString(), "--lr", "0.1");
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertThat(ran.err()).contains(yaml + ":2: method: expected grid or random, found 'no'");
  }

  @Test
  void theHelpNamesEveryPresetAndHidesTheWorker() {
    String help = Ran.run("sweep", "--help").out();
    SweepSpec.PRESETS.forEach(preset -> assertThat(help).contains(preset));
    assertThat(Ran.run("--help").out()).contains("sweep", "runs").doesNotContain("worker");
  }

  @Test
  void statisticsAskTheRunsOfAStudy() throws IOException {
    Ran text = Ran.run("statistics", study.toString());
    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out())
        .contains("4 of 5 runs used; set apart: 1 diverged, 0 untrained")
        .contains("batch size", "weight decay");
    Ran json = Ran.run("statistics", study.toString(), "--json", "--seed", "7");
    JsonNode tree = JsonMapper.builder().build().readTree(json.out());
    assertThat(tree.path("seed").asInt()).isEqualTo(7);
    assertThat(tree.path("runs").path("used").asInt()).isEqualTo(4);
    assertThat(tree.path("trends").findValuesAsText("axis")).isNotEmpty();
    Ran few = Ran.run("statistics", study.toString(), "--where", "batchSize=64");
    assertThat(few.out()).doesNotContain("4 of");
    assertThat(Ran.run("statistics", folder.resolve("none.db").toString()).exitCode())
        .isEqualTo(ExitCode.FAILURE);
  }

  @Test
  void plansAreAskedOfTheRunsOfAStudy() throws IOException {
    Ran reached = Ran.run("plan", study.toString(), "--rank", "12", "--min-accuracy", "0.3");
    assertThat(reached.exitCode()).as(reached.err()).isZero();
    assertThat(reached.out())
        .contains("4 of 5 runs used; set apart: 1 diverged")
        .contains("4 of 4 settings reached it")
        .contains("cannot exceed 12");
    Ran near = Ran.run("plan", study.toString(), "--rank", "1", "--min-accuracy", "0.3");
    assertThat(near.exitCode()).isEqualTo(ExitCode.FINDING);
    assertThat(near.out())
        .contains("None of 4 settings reached it; what came nearest")
        .contains("No setting reached rank 1")
        .contains("Too few settings");
    Ran json = Ran.run("plan", study.toString(), "--rank", "12", "--json");
    JsonNode network = JsonMapper.builder().build().readTree(json.out()).path("networks").get(0);
    assertThat(network.path("training").path("fullRank").asDouble()).isEqualTo(12);
    assertThat(network.path("training").path("examples").asInt()).isEqualTo(60_000);
    assertThat(network.path("reached")).hasSize(4);
    Ran.run("plan", study.toString(), "--rank", "3", "--where", "batchSize=1")
        .assertOneLine("expected runs that have ended and learned something among --where");
  }

  @Test
  void plansCountTheExamplesOfTheStudysOwnDataAndItsMomentum(@TempDir Path temporary)
      throws IOException {
    Path data = shades(temporary.resolve("shades"));
    String into = temporary.resolve("own.db").toString();
    String settings =
        "--data %s --hidden 8,8 --batch-size 4,8 --lr 0.05 --weight-decay 1e-3,0.03,0.3"
            + " --momentum 0.5 --epochs 2 --study %s";
    Ran sweep = Ran.run(("sweep " + settings.formatted(data, into)).split(" ", -1));
    assertThat(sweep.exitCode()).as(sweep.err()).isZero();

    Ran json = Ran.run("plan", into, "--rank", "5", "--json");
    assertThat(json.exitCode()).as(json.err()).isLessThan(ExitCode.USAGE);
    JsonNode network = JsonMapper.builder().build().readTree(json.out()).path("networks").get(0);
    int examples = network.path("training").path("examples").asInt();
    assertThat(examples).isBetween(200, 400);
    JsonNode estimate = network.path("estimates").get(0);
    double product =
        estimate.path("learningRate").asDouble() * estimate.path("weightDecay").asDouble();
    assertThat(estimate.path("memory").path("epochs").asDouble())
        .isCloseTo(
            0.5 * estimate.path("batchSize").asDouble() / (product * examples),
            withPercentage(1e-6));
    assertThat(Ran.run("plan", into, "--rank", "5").out())
        .contains("With momentum m = 0.5 a gradient stays for (1 - m)/(µ·wd) steps");

    Files.move(data, temporary.resolve("elsewhere"));
    Ran gone = Ran.run("plan", into, "--rank", "5");
    assertThat(gone.exitCode()).isEqualTo(ExitCode.FAILURE);
    gone.assertOneLine("own.db: expected its runs' data, to count examples, found them unreadable");
  }

  /** A folder of dark and of light images. */
  private static Path shades(Path into) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    for (String shade : new String[] {"dark", "light"}) {
      Path of = Files.createDirectories(into.resolve(shade));
      for (int i = 0; i < 200; i++) {
        BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
        for (int pixel = 0; pixel < 16; pixel++) {
          int grey = random.nextInt(160) + (shade.equals("dark") ? 0 : 95);
          image.getRaster().setSample(pixel % 4, pixel / 4, 0, grey);
        }
        ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
      }
    }
    return into;
  }

  @Test
  void controlCEndsWithCode130AndTheSameCommandGoesOn() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "needs /bin/kill to send SIGINT");
    Path into = folder.resolve("interrupted.db");
    String[] args =
        grid(into, "--epochs", "4", "--seeds", "1,2", "--checkpoint-every", "0", "--jobs", "2");
    Process sweep = start(args);
    List<ProcessHandle> workers;
    try (BufferedReader progress = sweep.errorReader()) {
      String line = progress.readLine();
      while (line != null && !line.startsWith("1/8")) {
        line = progress.readLine();
      }
      assertThat(line).startsWith("1/8");
      workers = sweep.descendants().toList();
      assertThat(workers).hasSize(2);
      new ProcessBuilder("/bin/kill", "-INT", Long.toString(sweep.pid())).start().waitFor();
      assertThat(sweep.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(progress.lines().filter(l -> l.startsWith("rankfall:")))
          .containsExactly("rankfall: interrupted; the files written so far are whole");
    }
    assertThat(sweep.exitValue()).isEqualTo(ExitCode.INTERRUPTED);
    for (ProcessHandle worker : workers) {
      worker.onExit().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
    try (StudyStore store = StudyStore.open(into.toString(), Opening.EXISTING)) {
      assertThat(store.runs())
          .noneMatch(run -> run.state() == RunState.RUNNING || run.crashes() > 0)
          .anyMatch(run -> run.state() == RunState.WAITING);
    }
    Ran rest = Ran.run(args);
    assertThat(rest.exitCode()).as(rest.err()).isZero();
    assertThat(rest.out()).contains("8 runs: 8 completed");
  }

  private static Process start(String... args) throws IOException {
    return Child.with("-Xmx300m", args).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }
}
