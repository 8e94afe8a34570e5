package io.rankfall.study.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.rankfall.study.store.StudyStore.Demand;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SqliteStoreTest extends StudyStoreContract {
  @TempDir private Path folder = Path.of("");
  private int studies;

  @Override
  String newStudy() {
    return folder.resolve("study" + ++studies + ".db").toString();
  }

  private Path filled() throws IOException {
    Path file = Path.of(newStudy());
    try (StudyStore store = StudyStore.open(file.toString(), Opening.CREATE_IF_MISSING)) {
      store.add(new Demand("s", "", List.of(Records.spec(16, 40)), 1), spec -> 1);
      try (Session session = Session.join(store, "s")) {
        Claim claim = session.claim().orElseThrow();
        claim.started(-1, Records.PROVENANCE);
        for (int epoch = 0; epoch <= 40; epoch++) {
          claim.record(Records.epoch(epoch));
        }
        claim.completed(1);
      }
    }
    return file;
  }

  /** {@code make_v1.sh} beside it tells how it was made. */
  @Test
  void aStudyOfTheFirstSchemaIsBroughtUpToDateWithAllItHolds() throws Exception {
    Path file = folder.resolve("v1.db");
    try (InputStream in = SqliteStoreTest.class.getResourceAsStream("v1.db")) {
      Files.copy(Objects.requireNonNull(in), file);
    }
    try (StudyStore store = StudyStore.open(file.toString(), Opening.EXISTING)) {
      assertThat(store.runs()).hasSize(5);
      assertThat(store.runs()).filteredOn(run -> run.state() == RunState.DIVERGED).hasSize(1);
      StoredRun first =
          store.runs().stream()
              .filter(run -> run.state() == RunState.COMPLETED)
              .findFirst()
              .orElseThrow();
      assertThat(store.epochs(first.id())).hasSize(3);
      assertThat(store.epochs(first.id()).get(2).layers()).hasSize(3);
      assertThat(store.compressibilities()).isEmpty();
      List<RunSpec> specs = store.runs().stream().map(StoredRun::spec).toList();
      assertThat(store.add(new Demand("again", "", specs, 1), spec -> 1)).isZero();
      try (Session session = Session.join(store, "again")) {
        assertThat(session.claim()).isEmpty();
        assertThat(session.claimSearch(run -> true)).isPresent();
      }
    }
  }

  @Test
  void aMissingStudyIsNotMadeWhereItShallBeRead() {
    Path missing = folder.resolve("missing.db");
    assertThatThrownBy(() -> StudyStore.open(missing.toString(), Opening.EXISTING))
        .hasMessage(missing + ": expected a study, found no file");
    assertThat(missing).doesNotExist();
  }

  @Test
  void foreignFilesAreRefusedInOneLineAndLeftAsTheyAre() throws Exception {
    Path text = Files.writeString(folder.resolve("notes.txt"), "not a database ".repeat(100));
    byte[] before = Files.readAllBytes(text);
    assertThatThrownBy(() -> StudyStore.open(text.toString(), Opening.CREATE_IF_MISSING))
        .isInstanceOf(StoreException.class)
        .hasMessageStartingWith(text + ": ")
        .message()
        .doesNotContain("\n");
    assertThat(Files.readAllBytes(text)).isEqualTo(before);

    Path foreign = folder.resolve("foreign.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + foreign);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE bookmarks (url TEXT)");
    }
    assertThatThrownBy(() -> StudyStore.open(foreign.toString(), Opening.CREATE_IF_MISSING))
        .hasMessage(foreign + ": expected a study, found another program's database");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + foreign);
        Statement statement = connection.createStatement();
        var tables = statement.executeQuery("SELECT COUNT(*) FROM sqlite_master")) {
      assertThat(tables.getInt(1)).isEqualTo(1);
    }
    assertThatThrownBy(() -> StudyStore.open("jdbc:mysql://x/y", Opening.EXISTING))
        .hasMessage(
            "jdbc:mysql://x/y: expected a file or a URL with jdbc:postgresql:, found another");
  }

  @Test
  void aDamagedStudyIsReadOrRefusedInOneLine() throws Exception {
    byte[] whole = Files.readAllBytes(filled());
    SplittableRandom random = new SplittableRandom(1);
    int refused = 0;
    for (int i = 0; i < 100; i++) {
      byte[] bytes = whole.clone();
      int from = random.nextInt(bytes.length);
      for (int at = from; at < Math.min(bytes.length, from + 2000); at++) {
        bytes[at] = (byte) random.nextInt();
      }
      Path damaged = Files.write(folder.resolve("damaged" + i + ".db"), bytes);
      try (StudyStore store = StudyStore.open(damaged.toString(), Opening.EXISTING)) {
        for (StoredRun run : store.runs()) {
          store.epochs(run.id());
        }
      } catch (StoreException e) {
        refused++;
        assertThat(e.getMessage()).startsWith(damaged.toString()).doesNotContain("\n");
      }
    }
    // What SQLite cannot see are numbers that became others; spectra have checksums of their own.
    assertThat(refused).isGreaterThan(30);
  }

  @Test
  void aFullDiskIsOneLineAndLosesNothing() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk.toString())
                .start()
                .waitFor()
            == 0,
        "needs the right to mount a small tmpfs");
    try {
      String file = disk.resolve("study.db").toString();
      int kept = fill(file);
      assertThat(kept).isGreaterThan(5);
      Process more = new ProcessBuilder("mount", "-o", "remount,size=4m", disk.toString()).start();
      assertThat(more.waitFor()).isZero();
      try (StudyStore store = StudyStore.open(file, Opening.EXISTING);
          Session session = Session.join(store, "s")) {
        List<StoredEpoch> epochs = store.epochs(Records.spec(16, 5000).id());
        assertThat(epochs).hasSize(kept);
        Claim claim = session.claim().orElseThrow();
        claim.started(kept - 1, Records.PROVENANCE);
        claim.record(Records.epoch(kept));
        assertThat(store.epochs(claim.run())).hasSize(kept + 1);
      }
    } finally {
      new ProcessBuilder("umount", "-l", disk.toString()).start().waitFor();
    }
  }

  /** How many epochs could be stored. */
  private static int fill(String file) throws IOException {
    StudyStore store = StudyStore.open(file, Opening.CREATE_IF_MISSING);
    store.add(new Demand("s", "", List.of(Records.spec(16, 5000)), 1), spec -> 1);
    ProcessName ended = new ProcessName(ProcessName.ofThisProcess().machine(), "1 ended");
    Claim claim = new Session(store, "s", ended, () -> 0).claim().orElseThrow();
    claim.started(-1, Records.PROVENANCE);
    for (int epoch = 0; ; epoch++) {
      try {
        claim.record(Records.epoch(epoch));
      } catch (StoreException e) {
        assertThat(e.getMessage()).contains("full").doesNotContain("\n");
        store.close();
        return epoch;
      }
    }
  }
}
