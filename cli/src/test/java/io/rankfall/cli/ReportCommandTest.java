package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
  private static Path folder;
  private static Path study;

  @BeforeAll
  static void sweep(@TempDir Path temporary) {
    folder = temporary;
    study = folder.resolve("two.db");
    Ran ran = sweepTwo();
    assertThat(ran.exitCode()).as(ran.err()).isZero();
  }

  private static Ran sweepTwo(String... more) {
    List<String> args = new ArrayList<>(List.of("sweep", "--batch-size", "256,512"));
    args.addAll(List.of("--hidden", "8", "--epochs", "1", "--study", study.toString()));
    args.addAll(List.of(more));
    return Ran.run(args.toArray(String[]::new));
  }

  @Test
  void compressibilityIsSearchedInAFinishedSweepExportedAndDrawn() throws Exception {
    Ran ran = sweepTwo("--compressibility");
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.err())
        .contains("2 runs: 2 completed; 0 to train, 2 to search")
        .containsPattern("0 to search {2}784-8-10 B=(256|512) .* within 1 point [0-9.]+% of");
    assertThat(sweepTwo("--compressibility").err()).as("all is known").isEmpty();

    Ran rows = Ran.run("runs", study.toString(), "--per", "compressibility", "--csv");
    assertThat(rows.out().lines()).as("two runs, two methods, three tolerances").hasSize(1 + 12);
    assertThat(rows.out().lines().findFirst().orElseThrow())
        .endsWith("denseAccuracy,meanRank1e-2,method,points,parametersLeft,share,accuracy");
    assertThat(Ran.run("runs", study.toString()).out()).containsPattern("≤1 point(.|\n)*\\d%");
    Path page = folder.resolve("searched.html");
    assertThat(Ran.run("report", study.toString(), "--out", page.toString()).exitCode()).isZero();
    assertThat(Files.readString(page)).contains("\"method\":\"DATA_AWARE\",\"points\":1.0");
  }

  @Test
  void aStudyBecomesOneFileBesideIt() throws Exception {
    Ran ran = Ran.run("report", study.toString());
    Path page = folder.resolve("two.html");
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    assertThat(ran.out()).startsWith(page + ": 2 runs, ");
    assertThat(Files.readString(page)).contains("<title>Rankfall: two</title>");

    Path again = folder.resolve("again.html");
    assertThat(Ran.run("report", study.toString(), "--out", again.toString()).exitCode()).isZero();
    assertThat(again).as("the same study, the same bytes").hasSameBinaryContentAs(page);
  }

  @Test
  void networksAreToldApartByTheirOptimizers() throws Exception {
    Path sweep = folder.resolve("optimizers.yaml");
    Files.writeString(
        sweep,
        """
        name: optimizers
        data: fashion-mnist-300
        settings: {hidden: [8], momentum: 0.5, batchSize: 100, learningRate: 0.05, epochs: 1}
        parameters:
          optimizer: {values: [sgd, nesterov]}
        """);
    Path both = folder.resolve("both.db");
    Ran ran = Ran.run("sweep", sweep.toString(), "--study", both.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();

    assertThat(Ran.run("report", both.toString()).exitCode()).isZero();
    assertThat(Files.readString(folder.resolve("both.html")))
        .contains("\"label\":\"784-8-10\"", "\"label\":\"784-8-10, NESTEROV\"");
  }

  @Test
  void aStudyWithoutSuchRunsIsAWrongCall() {
    Path page = folder.resolve("none.html");
    Ran ran =
        Ran.run("report", study.toString(), "--where", "batchSize=3", "--out", page.toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(ran.err()).contains("expected runs that meet --where, found none");
    assertThat(page).doesNotExist();
  }

  @Test
  void aMissingStudyIsOneLine() {
    Ran ran = Ran.run("report", folder.resolve("missing.db").toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertThat(ran.err().strip()).endsWith("expected a study, found no file").hasLineCount(1);
    assertThat(folder.resolve("missing.html")).doesNotExist();
  }
}
