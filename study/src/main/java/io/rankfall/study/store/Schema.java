package io.rankfall.study.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** Brings a database's tables up to date: the files V1.sql, V2.sql and so on, each once. */
final class Schema {
  static final int VERSION = 2;

  private Schema() {}

  /**
   * @throws StoreException if a newer version wrote the study
   */
  static void migrate(Database database) throws StoreException {
    if (isUpToDate(database)) {
      return;
    }
    int found =
        database.write(
            connection -> {
              database.dialect().beforeMigration(connection);
              int version = version(connection);
              for (int next = version + 1; next <= VERSION; next++) {
                apply(connection, next, database.dialect());
              }
              if (version < VERSION) {
                Database.update(connection, "DELETE FROM schema_version");
                Database.update(connection, "INSERT INTO schema_version VALUES (?)", VERSION);
              }
              return version;
            });
    if (found > VERSION) {
      throw new StoreException(
          "%s: expected schema version %d or older, found %d: a newer Rankfall wrote it"
              .formatted(database.name(), VERSION, found),
          null);
    }
  }

  /** Without a write, which would wait for others and fail where only reading is allowed. */
  private static boolean isUpToDate(Database database) {
    try {
      return database.read(
          connection -> {
            try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT version FROM schema_version")) {
              return row.next() && row.getInt(1) == VERSION;
            }
          });
    } catch (StoreException e) {
      // There is no table yet. If it is something worse, the migration says so.
      return false;
    }
  }

  private static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
      try (ResultSet row = statement.executeQuery("SELECT version FROM schema_version")) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }

  private static void apply(Connection connection, int version, Dialect dialect)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements("V%d.sql".formatted(version))) {
        statement.execute(sql.replaceAll("\\bBLOB\\b", dialect.blob()));
      }
    }
  }

  private static List<String> statements(String file) {
    try (InputStream in = Schema.class.getResourceAsStream(file)) {
      String text =
          new String(Objects.requireNonNull(in, file).readAllBytes(), StandardCharsets.UTF_8);
      String code =
          text.lines().filter(line -> !line.startsWith("--")).collect(Collectors.joining("\n"));
      return List.of(code.strip().split(";\\s*(\n|$)", -1)).stream()
          .filter(sql -> !sql.isBlank())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
