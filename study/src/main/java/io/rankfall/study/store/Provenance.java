package io.rankfall.study.store;

import io.rankfall.study.Machine;
import io.rankfall.study.Versions;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What numbers were made on.
 *
 * @param dataSha256 of the data set
 */
public record Provenance(Versions versions, Machine machine, String dataSha256) {

  /** This build on this machine. */
  public static Provenance here(String dataSha256) {
    return new Provenance(Versions.ofBuild(), Machine.current(), dataSha256);
  }

  /** Keeps this once; its name in the study. */
  String insert(Connection connection) throws SQLException {
    String id = UUID.nameUUIDFromBytes(toString().getBytes(StandardCharsets.UTF_8)).toString();
    Database.update(
        connection,
        "INSERT INTO provenance VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        id,
        versions.rankfall(),
        versions.libraries().stream()
            .map(library -> library.name() + " " + library.version())
            .collect(Collectors.joining(", ")),
        machine.java(),
        machine.operatingSystem(),
        machine.processor(),
        machine.cores(),
        dataSha256);
    return id;
  }
}
