package io.rankfall.study.store;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A session's hold on a run: lets it write what it finds until another session takes the run over.
 *
 * @param number of the claim, which counts up with every one of the run
 */
record Hold(Database database, String session, String run, int number) {

  /** What a session does with a run. */
  enum Task {
    TRAINING,
    SEARCH
  }

  /** A part of a transaction. */
  interface Writing {
    void run(Connection connection) throws SQLException;
  }

  /** All of {@code work}, or {@link LostClaimException} and nothing. */
  void write(Writing work) throws IOException {
    boolean mine =
        database.write(
            connection -> {
              // An update, not a query: it keeps others from taking the run over meanwhile.
              int rows =
                  Database.update(
                      connection,
                      "UPDATE run SET claims = claims WHERE id = ? AND session = ? AND claims = ?",
                      run,
                      session,
                      number);
              if (rows == 1) {
                work.run(connection);
              }
              return rows == 1;
            });
    if (!mine) {
      throw new LostClaimException(run);
    }
  }

  /** Notes that the work begins; for {@link #write}. */
  void begin(Connection connection, Task task, int from, Provenance provenance)
      throws SQLException {
    Database.update(
        connection,
        "INSERT INTO attempt (run, number, provenance, started, from_epoch, task) VALUES (?, ?, ?,"
            + " ?, ?, ?)",
        run,
        number,
        provenance.insert(connection),
        Instant.now().toString(),
        from,
        task.name());
  }

  /** Notes how the work ended, and writes what that changes. */
  void end(String outcome, @Nullable String message, Writing change) throws IOException {
    write(
        connection -> {
          Database.update(
              connection,
              "UPDATE attempt SET outcome = ?, message = ? WHERE run = ? AND number = ?",
              outcome,
              message,
              run,
              number);
          change.run(connection);
        });
  }
}
