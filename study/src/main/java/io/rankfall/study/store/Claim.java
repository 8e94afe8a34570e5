package io.rankfall.study.store;

import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.RunOutcome.Diverged;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run that this process trains. Every write fails with {@link LostClaimException} and changes
 * nothing, if another process has taken the run over.
 */
public final class Claim implements Claimed {
  static final int MOST_CRASHES = 2;

  private final Hold hold;
  private final String run;
  private final RunSpec spec;
  private final int spectraEvery;
  private @Nullable EpochRecord last;

  Claim(Hold hold, RunSpec spec, int spectraEvery) {
    this.hold = hold;
    this.run = hold.run();
    this.spec = spec;
    this.spectraEvery = spectraEvery;
  }

  @Override
  public String run() {
    return run;
  }

  @Override
  public RunSpec spec() {
    return spec;
  }

  /** The last epoch that the study has, −1 for none. */
  public int lastStored() throws StoreException {
    return hold.database()
        .read(
            connection -> {
              try (PreparedStatement statement =
                      Database.prepared(
                          connection,
                          "SELECT COALESCE(MAX(epoch), -1) FROM epoch WHERE run = ?",
                          run);
                  ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
              }
            });
  }

  /**
   * The training begins. Epochs behind {@code from} are removed: it will measure them again.
   *
   * @param from the epoch of the checkpoint it goes on from, −1 without one
   */
  public void started(int from, Provenance provenance) throws IOException {
    hold.write(
        connection -> {
          for (String table : List.of("compressibility", "spectrum", "layer", "epoch")) {
            Database.update(
                connection, "DELETE FROM " + table + " WHERE run = ? AND epoch > ?", run, from);
          }
          hold.begin(connection, Hold.Task.TRAINING, from, provenance);
        });
  }

  /** Keeps an epoch; one that is there already is left as it is. */
  public void record(EpochRecord record) throws IOException {
    List<StoredLayer> layers = record.layers().stream().map(StoredLayer::of).toList();
    hold.write(
        connection -> {
          insertEpoch(connection, record, layers);
          if (record.epoch() % spectraEvery == 0 || record.epoch() == spec.epochs()) {
            insertSpectra(connection, record);
          }
        });
    last = record;
  }

  private void insertEpoch(Connection connection, EpochRecord record, List<StoredLayer> layers)
      throws SQLException {
    Evaluation training = record.training();
    Database.update(
        connection,
        "INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        run,
        record.epoch(),
        record.learningRate(),
        training == null ? null : finiteOrNull(training.loss()),
        training == null ? null : training.accuracy(),
        finiteOrNull(record.test().loss()),
        record.test().accuracy(),
        StoredEpoch.hiddenMean(layers, StoredLayer::rank1e3),
        StoredEpoch.hiddenMean(layers, StoredLayer::rank1e2));
    String sql =
        "INSERT INTO layer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int l = 0; l < layers.size(); l++) {
        StoredLayer layer = layers.get(l);
        Database.bind(
            statement,
            run,
            record.epoch(),
            l,
            layer.name(),
            layer.outputs(),
            layer.inputs(),
            layer.rank1e3(),
            layer.rank1e2(),
            layer.stableRank(),
            layer.effectiveRank(),
            layer.frobeniusNorm(),
            layer.spectralNorm());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /** SQLite has no NaN: it would store NULL. */
  private static @Nullable Double finiteOrNull(double value) {
    return Double.isNaN(value) ? null : value;
  }

  private void insertSpectra(Connection connection, EpochRecord record) throws SQLException {
    String sql = "INSERT INTO spectrum VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int l = 0; l < record.layers().size(); l++) {
        Database.bind(statement, run, record.epoch(), l);
        statement.setBytes(4, SpectrumBytes.of(record.layers().get(l).spectrum()));
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /** Notes where the training can be resumed from. */
  public void checkpointed(String file, int epoch) throws IOException {
    hold.write(
        connection ->
            Database.update(
                connection,
                "UPDATE run SET checkpoint = ?, checkpoint_epoch = ? WHERE id = ?",
                file,
                epoch,
                run));
  }

  /** All epochs are trained. If more were asked for meanwhile, the run waits for them. */
  public void completed(double seconds) throws IOException {
    hold.end(
        "COMPLETED",
        null,
        connection ->
            Database.update(
                connection,
                "UPDATE run SET state = CASE WHEN epochs > ? THEN 'WAITING' ELSE 'COMPLETED' END,"
                    + " seconds = ?, message = NULL, session = NULL, search_crashes = 0 WHERE id = ?",
                spec.epochs(),
                seconds,
                run));
  }

  /** The training diverged; the spectra of its last epoch are kept. */
  public void diverged(Diverged diverged, double seconds) throws IOException {
    EpochRecord before = last;
    hold.end(
        "DIVERGED",
        diverged.message(),
        connection -> {
          if (before != null) {
            insertSpectra(connection, before);
          }
          Database.update(
              connection,
              "UPDATE run SET state = 'DIVERGED', message = ?, diverged_epoch = ?, diverged_step ="
                  + " ?, seconds = ?, session = NULL WHERE id = ?",
              diverged.message(),
              diverged.epoch(),
              diverged.step(),
              seconds,
              run);
        });
  }

  /**
   * The worker ended before the training did. The first time the run waits for another attempt, the
   * second time it has failed.
   */
  public RunState crashed(String message) throws IOException {
    List<RunState> state = new ArrayList<>();
    hold.end(
        "CRASHED",
        message,
        connection -> {
          Database.update(
              connection,
              "UPDATE run SET crashes = crashes + 1, message = ?, session = NULL, state = CASE"
                  + " WHEN crashes + 1 >= ? THEN 'FAILED' ELSE 'WAITING' END WHERE id = ?",
              message,
              MOST_CRASHES,
              run);
          try (PreparedStatement statement =
                  Database.prepared(connection, "SELECT state FROM run WHERE id = ?", run);
              ResultSet row = statement.executeQuery()) {
            row.next();
            state.add(RunState.valueOf(row.getString(1)));
          }
        });
    return state.get(0);
  }

  @Override
  public void lost(String message) throws IOException {
    hold.end(
        "LOST",
        message,
        connection ->
            Database.update(
                connection, "UPDATE run SET state = 'WAITING', session = NULL WHERE id = ?", run));
  }
}
