package io.rankfall.cli;

import io.rankfall.study.sweep.Worker;
import io.rankfall.train.FashionMnist;
import io.rankfall.train.RunSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** What {@code sweep} starts; not for people. */
@Command(
    name = "worker",
    hidden = true,
    description = "Trains what lines of JSON on standard input say, until it ends.")
final class WorkerCommand implements Callable<Integer> {
  /** For the data set and what surrounds it. */
  private static final long MEGABYTES = 600;

  /** Of heap a parameter: copies of weights and momentum on the way to a checkpoint. */
  private static final long BYTES_OF_PARAMETER = 64;

  private final Console console;

  WorkerCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Worker.work(FashionMnist.load(), System.in, console.out());
    return ExitCode.OK;
  }

  /**
   * The command that starts a worker for any of the runs, with this process's class path.
   *
   * @param crashes folder for the JVM's reports of crashes in native code
   */
  static List<String> command(List<RunSpec> runs, Path crashes) {
    long parameters = runs.stream().mapToLong(r -> r.architecture().parameters()).max().orElse(0);
    long heap = MEGABYTES + ((parameters * BYTES_OF_PARAMETER) >> 20);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx" + heap + "m",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-XX:ErrorFile=" + crashes.resolve("crash-%p.log"),
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "--enable-native-access=ALL-UNNAMED"));
    if (Runtime.version().feature() >= 23) {
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Main.class.getName(), "worker"));
    return command;
  }
}
