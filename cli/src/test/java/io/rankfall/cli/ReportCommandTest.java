package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
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
    Ran ran =
        Ran.run(
            "sweep",
            "--batch-size",
            "256,512",
            "--hidden",
            "8",
            "--epochs",
            "1",
            "--jobs",
            "2",
            "--study",
            study.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
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
