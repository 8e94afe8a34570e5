package io.rankfall.study.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A PostgreSQL server of the system's package in a temporary folder, run by a plain user. */
final class PostgresServer {
  private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
  private static final String PLAIN_USER = "postgres";

  private final Path programs;
  private final Path folder;
  private final int port;
  private int schemas;

  private PostgresServer(Path programs, Path folder, int port) {
    this.programs = programs;
    this.folder = folder;
    this.port = port;
  }

  /** Skips the test where there is no PostgreSQL. */
  static PostgresServer start() throws IOException, InterruptedException {
    Optional<Path> installed = programs();
    assumeTrue(installed.isPresent(), "needs PostgreSQL in /usr/lib/postgresql");
    // The user that owns the server's files must be able to reach them: not below JUnit's folder.
    Path folder = Files.createTempDirectory("rankfall-postgresql");
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    PostgresServer server = new PostgresServer(installed.get(), folder, port);
    if (isRoot()) {
      server.run(List.of("chown", PLAIN_USER, folder.toString()));
    }
    String data = folder.resolve("data").toString();
    server.asPlainUser("initdb", "-D", data, "-U", "rankfall", "-A", "trust", "-N");
    server.asPlainUser(
        "pg_ctl",
        "-D",
        data,
        "-w",
        "-l",
        folder.resolve("log").toString(),
        "-o",
        "-p %d -h 127.0.0.1 -k %s -F".formatted(port, folder),
        "start");
    return server;
  }

  private static Optional<Path> programs() throws IOException {
    if (!Files.isDirectory(INSTALLED)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(INSTALLED)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .max(Comparator.naturalOrder());
    }
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private void asPlainUser(String program, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("setpriv", "--reuid", PLAIN_USER, "--regid", PLAIN_USER));
      command.add("--clear-groups");
    }
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(args));
    run(command);
  }

  private void run(List<String> command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("rankfall-postgresql", ".txt");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + Files.readString(output));
    }
    Files.delete(output);
  }

  /** The URL of an empty schema. */
  String newStudy() throws StoreException {
    String schema = "study" + ++schemas;
    String url = "jdbc:postgresql://127.0.0.1:%d/postgres?user=rankfall".formatted(port);
    try (Database database = Database.open("test", Dialect.POSTGRESQL, url)) {
      database.write(connection -> Database.update(connection, "CREATE SCHEMA " + schema));
    }
    return url + "&currentSchema=" + schema;
  }

  void close() throws IOException, InterruptedException {
    asPlainUser("pg_ctl", "-D", folder.resolve("data").toString(), "-m", "immediate", "stop");
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (FileSystemException e) {
      throw new IOException("cannot remove " + folder, e);
    }
  }
}
