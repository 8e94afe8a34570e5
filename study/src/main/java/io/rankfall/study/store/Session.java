package io.rankfall.study.store;

import io.rankfall.train.RunSpec;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * A process that trains runs of a sweep, or searches their {@link Compressibility}, beside others.
 * It claims runs, and while it lives it must call {@link #beat} every few seconds.
 *
 * <p>Runs of a process that ended are taken over: at once where its end can be seen, which is on
 * the same machine, and else when its heartbeat did not move for {@link #LEASE_SECONDS} of the
 * observer's own monotonic clock. Wall clocks are never compared, so they may jump. A process that
 * was only asleep learns from its next write that its claim is lost.
 */
public final class Session implements AutoCloseable {
  /** How long a process of another machine may be silent before its runs are taken over. */
  public static final int LEASE_SECONDS = 60;

  private final Database database;
  private final String sweep;
  private final String id = UUID.randomUUID().toString();
  private final ProcessName name;
  private final LongSupplier nanoTime;
  private final Map<String, Seen> others = new HashMap<>();

  /** A heartbeat of another process, and since when it has this value. */
  private record Seen(long heartbeat, long nanos) {}

  /** Joins a sweep of the study. */
  public static Session join(StudyStore store, String sweep) throws StoreException {
    return new Session(store, sweep, ProcessName.ofThisProcess(), System::nanoTime);
  }

  Session(StudyStore store, String sweep, ProcessName name, LongSupplier nanoTime)
      throws StoreException {
    this.database = store.database();
    this.sweep = sweep;
    this.name = name;
    this.nanoTime = nanoTime;
    beat();
  }

  /** Tells the others that this process lives, and takes over the runs of those that do not. */
  public void beat() throws StoreException {
    database.write(
        connection ->
            Database.update(
                connection,
                "INSERT INTO session VALUES (?, ?, ?, 0) ON CONFLICT (id) DO UPDATE SET heartbeat"
                    + " = session.heartbeat + 1",
                id,
                name.machine(),
                name.process()));
    for (Other other : database.read(this::otherSessions)) {
      if (name.knowsEndOf(other.name) || isSilent(other)) {
        database.write(connection -> bury(connection, other));
      }
    }
  }

  private record Other(String id, ProcessName name, long heartbeat) {}

  private List<Other> otherSessions(Connection connection) throws SQLException {
    List<Other> found = new ArrayList<>();
    try (PreparedStatement statement =
            Database.prepared(
                connection,
                "SELECT id, machine, process, heartbeat FROM session WHERE id <> ?",
                id);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        ProcessName process = new ProcessName(row.getString(2), row.getString(3));
        found.add(new Other(row.getString(1), process, row.getLong(4)));
      }
    }
    return found;
  }

  private synchronized boolean isSilent(Other other) {
    long now = nanoTime.getAsLong();
    Seen seen = others.get(other.id);
    if (seen == null || seen.heartbeat != other.heartbeat) {
      others.put(other.id, new Seen(other.heartbeat, now));
      return false;
    }
    return now - seen.nanos > LEASE_SECONDS * 1_000_000_000L;
  }

  /** Nothing happens if the session has given a sign of life meanwhile. */
  private static int bury(Connection connection, Other dead) throws SQLException {
    int gone =
        Database.update(
            connection,
            "DELETE FROM session WHERE id = ? AND heartbeat = ?",
            dead.id,
            dead.heartbeat);
    return gone == 0 ? 0 : release(connection, dead.id);
  }

  private static int release(Connection connection, String session) throws SQLException {
    Database.update(
        connection,
        "UPDATE attempt SET outcome = 'INTERRUPTED' WHERE outcome IS NULL AND run IN (SELECT id"
            + " FROM run WHERE session = ?)",
        session);
    return Database.update(
        connection,
        "UPDATE run SET session = NULL, state = CASE state WHEN 'RUNNING' THEN 'WAITING' ELSE"
            + " state END WHERE session = ?",
        session);
  }

  /** The most expensive run that waits, now this session's; empty if none waits. */
  public Optional<Claim> claim() throws StoreException {
    while (true) {
      Optional<Claim> claim = database.write(this::tryClaim);
      if (claim.isPresent() || count("r.state = 'WAITING'") == 0) {
        return claim;
      }
      // Another process was faster; there are more.
    }
  }

  private Optional<Claim> tryClaim(Connection connection) throws SQLException {
    String sql =
        "UPDATE run SET state = 'RUNNING', session = ?, claims = claims + 1 WHERE state ="
            + " 'WAITING' AND id = (SELECT r.id FROM run r JOIN sweep_run s ON s.run = r.id"
            + " WHERE s.sweep = ? AND r.state = 'WAITING' ORDER BY r.cost DESC, r.id LIMIT 1)"
            + " RETURNING id, specification, epochs, spectra_every, claims";
    try (PreparedStatement statement = Database.prepared(connection, sql, id, sweep);
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        return Optional.empty();
      }
      RunSpec spec = RunSpec.ofJson(row.getString(2)).withEpochs(row.getInt(3));
      Hold hold = new Hold(database, id, row.getString(1), row.getInt(5));
      return Optional.of(new Claim(hold, spec, row.getInt(4)));
    }
  }

  /**
   * The largest completed run to search the {@link Compressibility} of, now this session's; empty
   * if there is none. Those whose searches crashed twice are no candidates any more.
   *
   * @param wanted which of those that have none at their last epoch
   */
  public Optional<SearchClaim> claimSearch(Predicate<StoredRun> wanted) throws StoreException {
    while (true) {
      Optional<StoredRun> candidate =
          database.read(connection -> StoredRows.searchable(connection, sweep)).stream()
              .filter(wanted)
              .findFirst();
      if (candidate.isEmpty()) {
        return Optional.empty();
      }
      StoredRun run = candidate.get();
      Optional<SearchClaim> claim = database.write(connection -> trySearch(connection, run));
      if (claim.isPresent()) {
        return claim;
      }
      // Another process was faster; there may be more.
    }
  }

  private Optional<SearchClaim> trySearch(Connection connection, StoredRun run)
      throws SQLException {
    String sql =
        "UPDATE run SET session = ?, claims = claims + 1 WHERE id = ? AND epochs = ? AND state ="
            + " 'COMPLETED' AND session IS NULL RETURNING claims";
    try (PreparedStatement statement =
            Database.prepared(connection, sql, id, run.id(), run.spec().epochs());
        ResultSet row = statement.executeQuery()) {
      return row.next()
          ? Optional.of(
              new SearchClaim(new Hold(database, id, run.id(), row.getInt(1)), run.spec()))
          : Optional.empty();
    }
  }

  /**
   * Whether nothing is left to do for anybody: no run of the sweep waits or is trained, and none
   * that is completed waits for a search or is searched.
   *
   * @param wanted which of those without {@link Compressibility} at their last epoch are searched
   */
  public boolean isDone(Predicate<StoredRun> wanted) throws StoreException {
    // Trainings first: one that ends meanwhile is then seen as a run to search.
    return count("r.state IN ('WAITING', 'RUNNING')") == 0
        && database.read(connection -> StoredRows.unsearched(connection, sweep)).stream()
            .noneMatch(wanted);
  }

  private int count(String condition) throws StoreException {
    return database.read(
        connection -> {
          try (PreparedStatement statement =
                  Database.prepared(
                      connection,
                      "SELECT COUNT(*) FROM run r JOIN sweep_run s ON s.run = r.id WHERE s.sweep"
                          + " = ? AND "
                          + condition,
                      sweep);
              ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getInt(1) : 0;
          }
        });
  }

  /** Gives back what is claimed. */
  @Override
  public void close() throws StoreException {
    database.write(
        connection -> {
          release(connection, id);
          return Database.update(connection, "DELETE FROM session WHERE id = ?", id);
        });
  }
}
