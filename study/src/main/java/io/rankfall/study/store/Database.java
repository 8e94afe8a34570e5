package io.rankfall.study.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** One connection, used by one thread at a time; every write is a transaction. */
final class Database implements AutoCloseable {

  /** What is done with the connection. */
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  private final String name;
  private final Dialect dialect;
  private final Connection connection;

  /**
   * @param name what messages call it
   */
  private Database(String name, Dialect dialect, Connection connection) {
    this.name = name;
    this.dialect = dialect;
    this.connection = connection;
  }

  static Database open(String name, Dialect dialect, String url) throws StoreException {
    try {
      return new Database(name, dialect, dialect.connect(url));
    } catch (SQLException e) {
      throw refused(name, e);
    }
  }

  String name() {
    return name;
  }

  Dialect dialect() {
    return dialect;
  }

  /**
   * @throws StoreException also where what is stored makes no sense
   */
  synchronized <T> T read(Work<T> work) throws StoreException {
    try {
      return work.run(connection);
    } catch (SQLException | IllegalArgumentException e) {
      throw refused(name, e);
    }
  }

  /** All of it is kept, or nothing. */
  synchronized <T> T write(Work<T> work) throws StoreException {
    try {
      connection.setAutoCommit(false);
      try {
        T result = work.run(connection);
        connection.commit();
        connection.setAutoCommit(true);
        return result;
      } catch (SQLException | RuntimeException e) {
        rollBack(e);
        throw e;
      }
    } catch (SQLException e) {
      throw refused(name, e);
    }
  }

  /** SQLite has rolled back already when the disk is full, and then refuses to do so again. */
  private void rollBack(Exception why) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
    try {
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
  }

  /** A statement with the given values for its question marks. */
  static PreparedStatement prepared(Connection connection, String sql, @Nullable Object... values)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      bind(statement, values);
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }

  static void bind(PreparedStatement statement, @Nullable Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
  }

  /** How many rows changed. */
  static int update(Connection connection, String sql, @Nullable Object... values)
      throws SQLException {
    try (PreparedStatement statement = prepared(connection, sql, values)) {
      return statement.executeUpdate();
    }
  }

  private static StoreException refused(String name, Exception e) {
    return new StoreException("%s: %s".formatted(name, e.getMessage()), e);
  }

  @Override
  public synchronized void close() throws StoreException {
    try {
      connection.close();
    } catch (SQLException e) {
      throw refused(name, e);
    }
  }
}
