package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Parquet files, as DuckDB reads them, beside what is exported as JSON. */
class ParquetExportTest {
  private static Path folder;
  private static Path study;

  /** Two runs whose compressibility is known, and one that diverges. */
  @BeforeAll
  static void sweep(@TempDir Path temporary) {
    folder = temporary;
    study = folder.resolve("s.db");
    String[] small = {"sweep", "--hidden", "8", "--study", study.toString(), "--epochs", "1"};
    Ran two = Ran.run(with(small, "--batch-size", "256,512", "--compressibility"));
    assertThat(two.exitCode()).as(two.err()).isZero();
    Ran diverging = Ran.run(with(small, "--lr", "1e30", "--weight-decay", "0"));
    assertThat(diverging.exitCode()).as(diverging.err()).isZero();
  }

  private static String[] with(String[] args, String... more) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @EnumSource(RunsCommand.Row.class)
  void holdsTheRowsOfTheJsonWithTheirTypes(RunsCommand.Row per) throws Exception {
    Path file = folder.resolve(per + ".parquet");
    String[] export = {"runs", study.toString(), "--per", per.name(), "--tau", "0.02"};
    Ran ran = Ran.run(with(export, "--parquet", file.toString()));
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    List<JsonNode> expected = new ArrayList<>();
    for (String line : Ran.run(with(export, "--jsonl")).out().lines().toList()) {
      expected.add(new JsonMapper().readTree(line));
    }
    assertThat(expected).isNotEmpty();
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement()) {
      try (ResultSet row = statement.executeQuery("SELECT * FROM '%s'".formatted(file))) {
        for (JsonNode json : expected) {
          assertThat(row.next()).isTrue();
          assertThat(row.getMetaData().getColumnCount()).isEqualTo(json.size());
          json.properties().forEach(column -> assertSame(row, column.getKey(), column.getValue()));
        }
        assertThat(row.next()).isFalse();
      }
      try (ResultSet codec =
          statement.executeQuery(
              "SELECT DISTINCT compression FROM parquet_metadata('%s')".formatted(file))) {
        assertThat(codec.next()).isTrue();
        assertThat(codec.getString(1)).isEqualTo("ZSTD");
      }
    }
  }

  private static void assertSame(ResultSet row, String column, JsonNode json) {
    try {
      Object found = row.getObject(column);
      if (json.isNull()) {
        assertThat(found).as(column).isNull();
      } else if (json.isTextual()) {
        assertThat(found).as(column).isEqualTo(json.textValue());
      } else if (json.isIntegralNumber()) {
        assertThat(((Number) found).longValue()).as(column).isEqualTo(json.longValue());
      } else {
        assertThat(found).as(column).isEqualTo(json.doubleValue());
      }
    } catch (SQLException e) {
      throw new AssertionError(column, e);
    }
  }

  @Test
  void columnsHaveTheirTypesWhereNoRowHasAValue() throws Exception {
    Path file = folder.resolve("typed.parquet");
    Ran ran =
        Ran.run(
            "runs", study.toString(), "--where", "state=completed", "--parquet", file.toString());
    assertThat(ran.exitCode()).as(ran.err()).isZero();
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement();
        ResultSet row = statement.executeQuery("DESCRIBE SELECT * FROM '%s'".formatted(file))) {
      List<String> found = new ArrayList<>();
      while (row.next()) {
        found.add(row.getString(1) + " " + row.getString(2));
      }
      assertThat(found)
          .contains(
              "run VARCHAR",
              "message VARCHAR",
              "batchSize INTEGER",
              "seed BIGINT",
              "learningRate DOUBLE",
              "meanRank1e-2 DOUBLE");
    }
  }

  @Test
  void withoutRowsThereIsNoFile() {
    Path file = folder.resolve("none.parquet");
    Ran ran = Ran.run("runs", study.toString(), "--where", "seed=99", "--parquet", file.toString());
    assertThat(ran.exitCode()).isEqualTo(ExitCode.FAILURE);
    assertThat(ran.err().lines()).hasSize(1);
    assertThat(ran.err()).contains(study + ": expected rows to export, found none");
    assertThat(file).doesNotExist();
  }

  @Test
  void oneFormatAtATime() {
    String file = folder.resolve("x.parquet").toString();
    for (String[] more : new String[][] {{"--csv"}, {"--out", file}}) {
      Ran ran = Ran.run(with(new String[] {"runs", study.toString(), "--parquet", file}, more));
      assertThat(ran.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(ran.err().lines()).hasSize(1);
    }
  }
}
