package io.rankfall.study.store;

import io.rankfall.compress.AtomicFile;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * A study: runs, what was measured on them, and which sweeps asked for them. One SQLite file, or a
 * schema of a PostgreSQL database. Every write is a transaction, so a process can be killed at any
 * moment; any number of processes may use a study at once. Methods may be called from any thread.
 */
public final class StudyStore implements AutoCloseable {
  private static final String JDBC = "jdbc:";
  private static final String POSTGRESQL = "jdbc:postgresql:";

  private final Database database;

  private StudyStore(Database database) {
    this.database = database;
  }

  /** Whether a study may be made where there is none. */
  public enum Opening {
    EXISTING,
    CREATE_IF_MISSING
  }

  /** What a sweep asks for. */
  public record Demand(String sweep, String specification, List<RunSpec> runs, int spectraEvery) {
    public Demand {
      runs = List.copyOf(runs);
      if (sweep.isBlank()) {
        throw new IllegalArgumentException("name of the sweep: expected one, found none");
      }
      if (spectraEvery < 1) {
        throw new IllegalArgumentException(
            "spectra: expected every 1 or more epochs, found " + spectraEvery);
      }
    }
  }

  /**
   * Opens a study and brings its tables up to date.
   *
   * @param where a file, or a URL that starts with {@code jdbc:postgresql:}
   * @throws StoreException in one line, if it is missing, damaged, not a study, or of a newer
   *     version
   */
  public static StudyStore open(String where, Opening opening) throws IOException {
    Database database = where.startsWith(JDBC) ? byUrl(where) : byFile(Path.of(where), opening);
    try {
      Schema.migrate(database);
      return new StudyStore(database);
    } catch (IOException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  private static Database byFile(Path file, Opening opening) throws IOException {
    if (!Files.exists(file) && opening == Opening.EXISTING) {
      throw new StoreException("%s: expected a study, found no file".formatted(file), null);
    }
    AtomicFile.requireTarget(file);
    return Database.open(file.toString(), Dialect.SQLITE, "jdbc:sqlite:" + file);
  }

  private static Database byUrl(String url) throws StoreException {
    // Passwords in URLs stay out of messages.
    String name = url.replaceFirst("\\?.*", "");
    if (!url.startsWith(POSTGRESQL)) {
      throw new StoreException(
          "%s: expected a file or a URL with %s, found another".formatted(name, POSTGRESQL), null);
    }
    return Database.open(name, Dialect.POSTGRESQL, url);
  }

  Database database() {
    return database;
  }

  /**
   * Adds the runs that are missing and lets those train on that shall now have more epochs. What is
   * there stays: runs that were trained further, failed ones, and those of other sweeps.
   *
   * @param cost of a run in any unit: expensive ones are claimed first
   * @return how many runs are to be trained now
   */
  public int add(Demand demand, ToDoubleFunction<RunSpec> cost) throws StoreException {
    return database.write(
        connection -> {
          Database.update(
              connection,
              "INSERT INTO sweep VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET specification ="
                  + " excluded.specification",
              demand.sweep(),
              demand.specification());
          Database.update(connection, "DELETE FROM sweep_run WHERE sweep = ?", demand.sweep());
          int open = 0;
          for (RunSpec spec : demand.runs()) {
            addRun(connection, spec, demand.spectraEvery(), cost.applyAsDouble(spec));
            open += extend(connection, spec, cost.applyAsDouble(spec));
            Database.update(
                connection,
                "INSERT INTO sweep_run VALUES (?, ?) ON CONFLICT DO NOTHING",
                demand.sweep(),
                spec.id());
          }
          return open;
        });
  }

  private static void addRun(Connection connection, RunSpec spec, int spectraEvery, double cost)
      throws SQLException {
    Database.update(
        connection,
        "INSERT INTO run (id, specification, dataset, architecture, parameters, initialization,"
            + " batch_size, learning_rate, weight_decay, momentum, milestones, decay_factor,"
            + " learner, seed, epochs, spectra_every, cost, state)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'WAITING')"
            + " ON CONFLICT (id) DO NOTHING",
        spec.id(),
        spec.json(),
        spec.dataset(),
        spec.architecture().label(),
        spec.architecture().parameters(),
        spec.initialization().name(),
        spec.batchSize(),
        spec.optimizer().learningRate(),
        spec.optimizer().weightDecay(),
        spec.optimizer().momentum(),
        spec.optimizer().schedule().steps().milestones().stream()
            .map(String::valueOf)
            .collect(Collectors.joining(" ")),
        spec.optimizer().schedule().steps().factor(),
        spec.learner().name(),
        spec.seed(),
        spec.epochs(),
        spectraEvery,
        cost);
  }

  /** 1 if the run is to be trained now, else 0. */
  private static int extend(Connection connection, RunSpec spec, double cost) throws SQLException {
    Database.update(
        connection,
        "UPDATE run SET epochs = ?, cost = ?, state = CASE state WHEN 'COMPLETED' THEN 'WAITING'"
            + " ELSE state END WHERE id = ? AND epochs < ?",
        spec.epochs(),
        cost,
        spec.id(),
        spec.epochs());
    return Database.update(
        connection,
        "UPDATE run SET cost = ? WHERE id = ? AND state IN ('WAITING', 'RUNNING')",
        cost,
        spec.id());
  }

  /**
   * Lets failed runs of a sweep be tried again, and searches that crashed; how many runs there
   * were.
   */
  public int retryFailed(String sweep) throws StoreException {
    return database.write(
        connection -> {
          Database.update(
              connection,
              "UPDATE run SET search_crashes = 0 WHERE id IN (SELECT run FROM sweep_run WHERE"
                  + " sweep = ?)",
              sweep);
          return Database.update(
              connection,
              "UPDATE run SET state = 'WAITING', crashes = 0, message = NULL WHERE state ="
                  + " 'FAILED' AND id IN (SELECT run FROM sweep_run WHERE sweep = ?)",
              sweep);
        });
  }

  /** All runs of the study in the order of their settings. */
  public List<StoredRun> runs() throws StoreException {
    return database.read(connection -> StoredRows.runs(connection, null));
  }

  /** The runs that a sweep asks for, in the order of their settings. */
  public List<StoredRun> runsOf(String sweep) throws StoreException {
    return database.read(connection -> StoredRows.runs(connection, sweep));
  }

  /**
   * By run: what is known of the networks at the runs' present last epochs; of none that diverged.
   */
  public Map<String, Compressibility> compressibilities() throws StoreException {
    return database.read(StoredRows::compressibilities);
  }

  /** What was asked for under which names. */
  public Collection<String> sweeps() throws StoreException {
    return database.read(StoredRows::sweeps);
  }

  /**
   * All epochs of a run, with layers and, where they are kept, spectra.
   *
   * @throws StoreException in one line, if a spectrum is damaged
   */
  public List<StoredEpoch> epochs(String run) throws StoreException {
    return database.read(connection -> StoredRows.epochs(connection, run));
  }

  /** On what the runs were trained, one line for each build and machine. */
  public List<String> provenance() throws StoreException {
    return database.read(StoredRows::provenance);
  }

  @Override
  public void close() throws StoreException {
    database.close();
  }
}
