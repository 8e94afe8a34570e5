package io.rankfall.study.store;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.SQLiteConfig;

/** What differs between the two databases. */
enum Dialect {
  SQLITE {
    @Override
    Connection connect(String url) throws SQLException {
      SQLiteConfig config = new SQLiteConfig();
      config.setJournalMode(SQLiteConfig.JournalMode.WAL);
      // A commit survives a power failure, not only the end of the process.
      config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
      config.setBusyTimeout(BUSY_MILLIS);
      config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
      config.enforceForeignKeys(true);
      Connection connection = config.createConnection(url);
      try {
        // Connecting alone does not look into the file.
        requireOurs(connection);
        return connection;
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    }

    /** SQLite's own way to tell whose file it is. */
    private void requireOurs(Connection connection) throws SQLException {
      int id = number(connection, "PRAGMA application_id");
      int tables = number(connection, "SELECT COUNT(*) FROM sqlite_master");
      if (id != APPLICATION_ID && (id != 0 || tables != 0)) {
        throw new SQLException("expected a study, found another program's database");
      }
    }

    @Override
    void beforeMigration(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA application_id = " + APPLICATION_ID);
      }
    }

    @Override
    String blob() {
      return "BLOB";
    }
  },

  POSTGRESQL {
    @Override
    Connection connect(String url) throws SQLException {
      return DriverManager.getConnection(url);
    }

    /** Two processes may meet an empty database at once. */
    @Override
    void beforeMigration(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SELECT pg_advisory_xact_lock(" + APPLICATION_ID + ")");
      }
    }

    @Override
    String blob() {
      return "BYTEA";
    }
  };

  /** "RANK". */
  private static final int APPLICATION_ID = 0x52414e4b;

  private static final int BUSY_MILLIS = 60_000;

  /** A connection to an existing or empty database. */
  abstract Connection connect(String url) throws SQLException;

  /** Within the transaction that brings the tables up to date. */
  abstract void beforeMigration(Connection connection) throws SQLException;

  /** The type of bytes. */
  abstract String blob();

  private static int number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? row.getInt(1) : 0;
    }
  }
}
