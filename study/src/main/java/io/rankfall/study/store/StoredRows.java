package io.rankfall.study.store;

import io.rankfall.study.store.Compressibility.Method;
import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.train.Evaluation;
import io.rankfall.train.RunSpec;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows as records. */
final class StoredRows {
  private StoredRows() {}

  /**
   * @param sweep null for all runs
   */
  static List<StoredRun> runs(Connection connection, @Nullable String sweep) throws SQLException {
    String where =
        sweep == null ? "" : " WHERE r.id IN (SELECT run FROM sweep_run WHERE sweep = ?)";
    String order =
        " ORDER BY r.architecture, r.batch_size, r.learning_rate, r.weight_decay, r.momentum,"
            + " r.seed, r.id";
    Object[] values = sweep == null ? new Object[0] : new Object[] {sweep};
    return runs(connection, where + order, values);
  }

  /** Completed runs without compressibility that nobody searches; those that take long first. */
  static List<StoredRun> searchable(Connection connection, String sweep) throws SQLException {
    return unsearched(connection, sweep, " AND r.session IS NULL ORDER BY r.parameters DESC, r.id");
  }

  /** Completed runs without compressibility, those included that somebody searches. */
  static List<StoredRun> unsearched(Connection connection, String sweep) throws SQLException {
    return unsearched(connection, sweep, "");
  }

  private static List<StoredRun> unsearched(Connection connection, String sweep, String rest)
      throws SQLException {
    return runs(
        connection,
        " WHERE r.id IN (SELECT run FROM sweep_run WHERE sweep = ?) AND r.state = 'COMPLETED' AND"
            + " r.search_crashes < ? AND NOT EXISTS (SELECT 1 FROM compressibility c WHERE c.run ="
            + " r.id AND c.epoch = e.epoch)"
            + rest,
        sweep,
        Claim.MOST_CRASHES);
  }

  private static List<StoredRun> runs(Connection connection, String rest, Object... values)
      throws SQLException {
    String sql =
        "SELECT r.id, r.specification, r.epochs, r.state, r.message, r.crashes, r.seconds, e.*"
            + " FROM run r LEFT JOIN epoch e ON e.run = r.id AND e.epoch ="
            + " (SELECT MAX(epoch) FROM epoch WHERE run = r.id)"
            + rest;
    List<StoredRun> runs = new ArrayList<>();
    try (PreparedStatement statement = Database.prepared(connection, sql, values);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        runs.add(
            new StoredRun(
                text(row, "id"),
                RunSpec.ofJson(text(row, "specification")).withEpochs(row.getInt("epochs")),
                RunState.valueOf(text(row, "state")),
                row.getString("message"),
                row.getInt("crashes"),
                row.getDouble("seconds"),
                row.getString("run") == null ? null : epoch(row, List.of())));
      }
    }
    return runs;
  }

  /** By run, where it was measured at the last epoch there is; of none that diverged. */
  static Map<String, Compressibility> compressibilities(Connection connection) throws SQLException {
    String sql =
        "SELECT c.* FROM compressibility c JOIN run r ON r.id = c.run WHERE r.state <> 'DIVERGED'"
            + " AND c.epoch = (SELECT MAX(epoch) FROM epoch WHERE run = c.run) ORDER BY c.run,"
            + " c.method DESC, c.points";
    Map<String, Compressibility> found = new HashMap<>();
    try (PreparedStatement statement = Database.prepared(connection, sql);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        Smallest smallest =
            new Smallest(
                Method.valueOf(text(row, "method")),
                row.getDouble("points"),
                row.getLong("parameters_left"),
                row.getDouble("share"),
                row.getDouble("accuracy"));
        Compressibility one =
            new Compressibility(
                row.getDouble("dense_accuracy"), row.getLong("parameters"), List.of(smallest));
        found.merge(text(row, "run"), one, Compressibility::and);
      }
    }
    return found;
  }

  static List<String> sweeps(Connection connection) throws SQLException {
    List<String> names = new ArrayList<>();
    try (PreparedStatement statement =
            Database.prepared(connection, "SELECT name FROM sweep ORDER BY name");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        names.add(row.getString(1));
      }
    }
    return names;
  }

  static List<String> provenance(Connection connection) throws SQLException {
    List<String> lines = new ArrayList<>();
    try (PreparedStatement statement =
            Database.prepared(
                connection,
                "SELECT p.*, (SELECT COUNT(DISTINCT run) FROM attempt WHERE provenance = p.id) AS"
                    + " runs FROM provenance p ORDER BY p.id");
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        lines.add(
            "%d runs by Rankfall %s on %s, %d cores, %s, Java %s; %s; data SHA-256 %s"
                .formatted(
                    row.getInt("runs"),
                    text(row, "rankfall"),
                    text(row, "processor"),
                    row.getInt("cores"),
                    text(row, "operating_system"),
                    text(row, "java"),
                    text(row, "libraries"),
                    text(row, "data_sha256")));
      }
    }
    return lines;
  }

  static List<StoredEpoch> epochs(Connection connection, String run) throws SQLException {
    Map<Integer, List<StoredLayer>> layers = layers(connection, run);
    List<StoredEpoch> epochs = new ArrayList<>();
    try (PreparedStatement statement =
            Database.prepared(connection, "SELECT * FROM epoch WHERE run = ? ORDER BY epoch", run);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        epochs.add(epoch(row, layers.getOrDefault(row.getInt("epoch"), List.of())));
      }
    }
    return epochs;
  }

  private static Map<Integer, List<StoredLayer>> layers(Connection connection, String run)
      throws SQLException {
    Map<Integer, List<StoredLayer>> layers = new HashMap<>();
    String sql =
        "SELECT l.*, s.sigma FROM layer l LEFT JOIN spectrum s ON s.run = l.run AND s.epoch ="
            + " l.epoch AND s.layer = l.layer WHERE l.run = ? ORDER BY l.epoch, l.layer";
    try (PreparedStatement statement = Database.prepared(connection, sql, run);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        layers.computeIfAbsent(row.getInt("epoch"), e -> new ArrayList<>()).add(layer(row));
      }
    }
    return layers;
  }

  private static StoredEpoch epoch(ResultSet row, List<StoredLayer> layers) throws SQLException {
    int epoch = row.getInt("epoch");
    return new StoredEpoch(
        epoch,
        row.getDouble("learning_rate"),
        epoch == 0
            ? null
            : new Evaluation(number(row, "training_loss"), number(row, "training_accuracy")),
        new Evaluation(number(row, "test_loss"), number(row, "test_accuracy")),
        row.getDouble("mean_rank_1e3"),
        row.getDouble("mean_rank_1e2"),
        layers);
  }

  private static StoredLayer layer(ResultSet row) throws SQLException {
    int outputs = row.getInt("outputs");
    int inputs = row.getInt("inputs");
    byte[] sigma = row.getBytes("sigma");
    return new StoredLayer(
        text(row, "name"),
        outputs,
        inputs,
        row.getInt("rank_1e3"),
        row.getInt("rank_1e2"),
        row.getDouble("stable_rank"),
        row.getDouble("effective_rank"),
        row.getDouble("frobenius_norm"),
        row.getDouble("spectral_norm"),
        sigma == null ? null : SpectrumBytes.spectrum(outputs, inputs, sigma));
  }

  /** What must be there, and may be missing from a damaged file. */
  private static String text(ResultSet row, String column) throws SQLException {
    String text = row.getString(column);
    if (text == null) {
      throw new SQLException(column + ": expected text, found nothing");
    }
    return text;
  }

  /** SQLite keeps NaN as NULL, so both databases are given NULL. */
  private static double number(ResultSet row, String column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? Double.NaN : value;
  }
}
