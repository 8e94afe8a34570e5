package io.rankfall.study.store;

import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A completed run whose {@link Compressibility} this process searches. Every write fails with
 * {@link LostClaimException} and changes nothing, if the run has another session by now: one that
 * took the search over, or one that trains more epochs.
 */
public final class SearchClaim implements Claimed {
  private final Hold hold;
  private final RunSpec spec;

  SearchClaim(Hold hold, RunSpec spec) {
    this.hold = hold;
    this.spec = spec;
  }

  @Override
  public String run() {
    return hold.run();
  }

  /** With the epoch to search at as its last one. */
  @Override
  public RunSpec spec() {
    return spec;
  }

  /** The search begins. */
  public void started(Provenance provenance) throws IOException {
    hold.write(connection -> hold.begin(connection, Hold.Task.SEARCH, spec.epochs(), provenance));
  }

  /** Keeps what was found, in place of what there was of earlier epochs. */
  public void found(Compressibility found) throws IOException {
    hold.end(
        "FOUND",
        null,
        connection -> {
          Database.update(connection, "DELETE FROM compressibility WHERE run = ?", run());
          insert(connection, found);
          release(connection);
        });
  }

  private void insert(Connection connection, Compressibility found) throws SQLException {
    String sql = "INSERT INTO compressibility VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (Smallest smallest : found.smallest()) {
        Database.bind(
            statement,
            run(),
            spec.epochs(),
            smallest.method().name(),
            smallest.points(),
            found.accuracy(),
            found.parameters(),
            smallest.parameters(),
            smallest.share(),
            smallest.accuracy());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /** There is nothing to search in, which is no fault of the search: the run stays without. */
  public void abandoned(String why) throws IOException {
    hold.end("ABANDONED", why, this::release);
  }

  /**
   * The worker ended before the search did.
   *
   * @return whether the run may be claimed for another search: the first time only
   */
  public boolean crashed(String message) throws IOException {
    List<Integer> crashes = new ArrayList<>();
    hold.end(
        "CRASHED",
        message,
        connection -> {
          release(connection);
          String sql =
              "UPDATE run SET search_crashes = search_crashes + 1 WHERE id = ? RETURNING"
                  + " search_crashes";
          try (PreparedStatement statement = Database.prepared(connection, sql, run());
              ResultSet row = statement.executeQuery()) {
            row.next();
            crashes.add(row.getInt(1));
          }
        });
    return crashes.get(0) < Claim.MOST_CRASHES;
  }

  @Override
  public void lost(String message) throws IOException {
    hold.end("LOST", message, this::release);
  }

  private void release(Connection connection) throws SQLException {
    Database.update(connection, "UPDATE run SET session = NULL WHERE id = ?", run());
  }
}
