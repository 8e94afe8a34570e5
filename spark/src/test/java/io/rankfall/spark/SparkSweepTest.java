package io.rankfall.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.sweep.Cluster.Order;
import io.rankfall.study.sweep.Searches;
import io.rankfall.study.sweep.SweepExecution;
import io.rankfall.study.sweep.SweepListener;
import io.rankfall.study.sweep.WorkerJvm;
import io.rankfall.study.sweep.Workplace;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.RunSpec;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps on a Spark cluster of real processes. */
class SparkSweepTest {
  private static final long LIMIT_SECONDS = 120;

  /** Workers that are asked for: Spark queues those that have no core. */
  private static final int MORE_THAN_MACHINES = 3;

  private static final List<String> EXPECTED = new ArrayList<>();

  /** Two, the first of which a test kills. */
  private static final List<Process> MACHINES = new ArrayList<>();

  private static @Nullable StandaloneCluster started;

  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void sweepHere(@TempDir Path shared) throws Exception {
    Path here = Files.createDirectory(shared.resolve("here"));
    Workplace workplace =
        Workplace.here(Clouds.jvm().command(System.getProperty("java.class.path")));
    try (StudyStore store = Clouds.open(here.resolve("s.db"))) {
      Clouds.add(store);
      execution(store, here, 2, workplace, SweepListener.NONE).run();
      EXPECTED.addAll(Clouds.content(store));
    }
    assertThat(EXPECTED)
        .anyMatch(line -> line.contains("DIVERGED"))
        .anyMatch(line -> line.startsWith("Compressibility"));
    started = new StandaloneCluster(Files.createDirectory(shared.resolve("cluster")));
    MACHINES.add(started.startWorker());
    MACHINES.add(started.startWorker());
  }

  @AfterAll
  static void end() {
    if (started != null) {
      started.close();
    }
  }

  private static StandaloneCluster cluster() {
    if (started == null) {
      throw new IllegalStateException("no cluster");
    }
    return started;
  }

  private static SweepExecution execution(
      StudyStore store, Path folder, int workers, Workplace workplace, SweepListener listener) {
    return new SweepExecution(
        store,
        Clouds.SWEEP,
        new SweepExecution.Plan(workers, workplace, folder.resolve("checkpoints"), 0),
        Searches.ofTrained(Clouds.TEST_EXAMPLES),
        listener);
  }

  /** Runs a sweep as a process that a test can kill. */
  public static void main(String[] args) throws Exception {
    Order order =
        StandaloneCluster.order(args[1], List.of(args[2].split(File.pathSeparator, -1)), 1);
    Path folder = Path.of(args[0]);
    try (StudyStore store = Clouds.open(folder.resolve("s.db"));
        Workplace workplace = new SparkCluster().join(order, note -> {})) {
      Clouds.add(store);
      execution(store, folder, MORE_THAN_MACHINES, workplace, SweepListener.NONE).run();
    }
  }

  @Test
  void aKilledDriverAndAKilledMachineCostOnlyTime() throws Exception {
    killTheDriver();
    Killing killing = new Killing(MACHINES.get(0));
    Order order = cluster().order(2);
    List<String> notes = Collections.synchronizedList(new ArrayList<>());
    try (StudyStore store = Clouds.open(folder.resolve("s.db"))) {
      try (Workplace workplace = new SparkCluster().join(order, notes::add)) {
        execution(store, folder, MORE_THAN_MACHINES, workplace, killing).run();
      }
      assertThat(Clouds.content(store)).isEqualTo(EXPECTED);
      assertThat(store.runs()).allMatch(run -> run.crashes() == 0);
    }
    assertThat(killing.killed).as("what ran on the machine that was killed").hasSize(2);
    for (ProcessHandle process : killing.killed) {
      process.onExit().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
    assertThat(count("outcome IN ('COMPLETED', 'DIVERGED')")).isEqualTo(Clouds.RUNS);
    assertThat(count("outcome = 'FOUND'"))
        .as("the one that diverged has none")
        .isEqualTo(Clouds.RUNS - 1);
    assertThat(count("outcome = 'LOST' AND message LIKE 'lost the executor on 127.0.0.1%'"))
        .isEqualTo(1);
    assertThat(count("outcome = 'INTERRUPTED'")).as("of the killed driver").isPositive();
    assertThat(count("outcome IS NULL OR outcome = 'CRASHED'")).isZero();
  }

  /** Whose workers then end, though their executors may live on for a while. */
  private void killTheDriver() throws Exception {
    List<String> command = StandaloneCluster.java("-Xmx700m", "-XX:TieredStopAtLevel=1");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(SparkSweepTest.class.getName(), folder.toString(), cluster().master()));
    command.add(String.join(File.pathSeparator, cluster().order(1).classPath()));
    Clouds.open(folder.resolve("s.db")).close();
    Path output = folder.resolve("driver.log");
    Process driver =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
      while (count("outcome IS NULL") < 1) {
        assertThat(driver.isAlive() && System.nanoTime() < end)
            .as(Files.readString(output))
            .isTrue();
        Thread.sleep(50);
      }
    } finally {
      driver.destroyForcibly().waitFor();
    }
    for (Process machine : MACHINES) {
      for (ProcessHandle process : machine.descendants().toList()) {
        process.onExit().get(LIMIT_SECONDS, TimeUnit.SECONDS);
      }
    }
  }

  /** Kills a machine and its executor, but not the worker, when both machines train. */
  private static final class Killing implements SweepListener {
    final List<ProcessHandle> killed = new ArrayList<>();
    private final Process machine;
    private int training;

    Killing(Process machine) {
      this.machine = machine;
    }

    @Override
    public synchronized void onStart(RunSpec spec, int from) {
      training++;
    }

    @Override
    public synchronized void onEpoch(RunSpec spec, EpochRecord record) {
      if (training == 2 && record.epoch() >= 2 && killed.isEmpty()) {
        machine.descendants().forEach(killed::add);
        machine.destroyForcibly();
        killed.get(0).destroyForcibly();
      }
    }

    @Override
    public synchronized void onEnd(
        RunSpec spec,
        RunState state,
        @Nullable EpochRecord last,
        @Nullable String message,
        double seconds) {
      training--;
    }
  }

  private int count(String condition) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("s.db"));
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT COUNT(*) FROM attempt WHERE " + condition)) {
      return row.getInt(1);
    }
  }

  @Test
  void workersThatStartNowhereAreOneLine() throws Exception {
    Order order = cluster().order(1);
    Order hopeless =
        new Order(
            order.master(),
            order.name(),
            order.settings(),
            new WorkerJvm(List.of(), "no.Such", List.of()),
            order.classPath());
    try (Workplace workplace = new SparkCluster().join(hopeless, note -> {})) {
      var link = workplace.start();
      assertThat(link.receive()).isEmpty();
      assertThat(link.ending().message())
          .contains("worker ended with exit code 1: ")
          .contains("no.Such")
          .doesNotContain("\n");
      link.close();
    }
  }

  @Test
  void aMasterThatIsNotThereIsOneLine() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String master = "spark://127.0.0.1:" + port;
    Order order = new Order(master, "test", Map.of(), Clouds.jvm(), List.of());
    assertThatThrownBy(() -> new SparkCluster().join(order, note -> {}))
        .isInstanceOf(IOException.class)
        .hasMessage(master + ": expected a Spark master there, found Connection refused");
  }
}
