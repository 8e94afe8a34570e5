package io.rankfall.cli;

import io.rankfall.study.sweep.Worker;
import io.rankfall.study.sweep.WorkerJvm;
import io.rankfall.train.RunSpec;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.nio.file.Path;
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
   * The JVM of a worker for any of the runs.
   *
   * @param crashes folder for the JVM's reports of crashes in native code
   */
  static WorkerJvm jvm(List<RunSpec> runs, Path crashes) {
    long parameters = runs.stream().mapToLong(r -> r.architecture().parameters()).max().orElse(0);
    long heap = MEGABYTES + ((parameters * BYTES_OF_PARAMETER) >> 20);
    List<String> options =
        List.of(
            "-Xmx" + heap + "m",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-XX:ErrorFile=" + crashes.resolve("crash-%p.log"),
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "--enable-native-access=ALL-UNNAMED");
    return new WorkerJvm(options, Main.class.getName(), List.of("worker"));
  }
}
