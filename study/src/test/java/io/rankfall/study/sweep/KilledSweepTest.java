package io.rankfall.study.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.study.store.StudyStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sweep that is killed again and again gives the very study that one left in peace gives.
 *
 * <p>{@code -Drankfall.kills=50} kills so often; {@code -Drankfall.kill.seed} replays.
 */
class KilledSweepTest {
  private static final int KILLS = Integer.getInteger("rankfall.kills", 3);
  private static final long SEED = Long.getLong("rankfall.kill.seed", System.nanoTime());
  private static final long LONGEST_MILLIS = 3500;

  /** Longer with every kill of a study: a search has no checkpoints, so it must once be left. */
  private static final long MORE_MILLIS = 500;

  private static final long LIMIT_SECONDS = 120;

  @Test
  void theStudyIsTheSameToTheBit(@TempDir Path folder) throws Exception {
    Path peace = Files.createDirectory(folder.resolve("peace"));
    try (StudyStore store = Trials.open(peace.resolve("study.db"))) {
      Trials.add(store, Trials.grid());
      Searches searches = Searches.ofTrained(Trials.dataset().test().size());
      new SweepExecution(store, Trials.SWEEP, Trials.plan(peace), searches, SweepListener.NONE)
          .run();
    }
    assertThat(Trials.content(peace.resolve("study.db")))
        .anyMatch(line -> line.contains("DIVERGED"))
        .anyMatch(line -> line.startsWith("Compressibility"));
    SplittableRandom random = new SplittableRandom(SEED);
    int kills = 0;
    int round = 0;
    Path killed = folder.resolve("killed0");
    int resumed = 0;
    while (kills < KILLS) {
      killed = Files.createDirectory(folder.resolve("killed" + ++round));
      long longest = LONGEST_MILLIS;
      while (killedAtRandom(killed, random, longest)) {
        kills++;
        longest += MORE_MILLIS;
      }
      assertThat(Trials.content(killed.resolve("study.db")))
          .as("seed %d, study %d", SEED, round)
          .isEqualTo(Trials.content(peace.resolve("study.db")));
      resumed += resumedAndCompletedOnce(killed.resolve("study.db"));
    }
    assertThat(resumed).as("attempts that went on from a checkpoint, seed %d", SEED).isPositive();
    try (Stream<Path> files = Files.list(killed.resolve("checkpoints"))) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".part"));
    }
  }

  /** Whether the sweep was killed before it was done. */
  private static boolean killedAtRandom(Path folder, SplittableRandom random, long longest)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    List<String> command = new ArrayList<>(Trials.java(SweepMain.class));
    command.add(folder.toString());
    Process sweep =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .start();
    long millis = random.nextLong(300, longest);
    boolean workersToo = random.nextBoolean();
    if (sweep.waitFor(millis, TimeUnit.MILLISECONDS)) {
      assertThat(sweep.exitValue()).as(Files.readString(output)).isZero();
      return false;
    }
    List<ProcessHandle> workers = sweep.descendants().toList();
    sweep.destroyForcibly();
    if (workersToo) {
      workers.forEach(ProcessHandle::destroyForcibly);
    }
    assertThat(sweep.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return true;
  }

  /** How many attempts began behind epoch 0; no run may have been completed twice. */
  private static int resumedAndCompletedOnce(Path study) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + study);
        var statement = connection.createStatement()) {
      try (var twice =
          statement.executeQuery(
              "SELECT run FROM attempt WHERE outcome IN ('COMPLETED', 'DIVERGED', 'FOUND') GROUP"
                  + " BY run, task HAVING COUNT(*) > 1")) {
        assertThat(twice.next()).as("a run that was completed twice").isFalse();
      }
      try (var row = statement.executeQuery("SELECT COUNT(*) FROM attempt WHERE from_epoch > 0")) {
        return row.getInt(1);
      }
    }
  }
}
