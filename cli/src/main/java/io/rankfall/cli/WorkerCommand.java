package io.rankfall.cli;

import io.rankfall.study.sweep.Worker;
import io.rankfall.study.sweep.WorkerJvm;
import io.rankfall.train.RunSpec;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code sweep} starts; not for people. */
@Command(
    name = "worker",
    hidden = true,
    description = "Trains what lines of JSON on standard input say, until it ends.")
final class WorkerCommand implements Callable<Integer> {
  /** For what surrounds the data set. */
  private static final long MEGABYTES = 280;

  /** Of heap a parameter: copies of weights and momentum on the way to a checkpoint. */
  private static final long BYTES_OF_PARAMETER = 64;

  @Option(names = "--data", description = "Name of the data set.")
  private String data = FashionMnist.NAME;

  @Mixin private final DataFolderOption folder = new DataFolderOption();

  private final Console console;

  WorkerCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Worker.work(Datasets.in(folder.folder()).open(data), System.in, console.out());
    return ExitCode.OK;
  }

  /**
   * The JVM of a worker for any of the runs.
   *
   * @param data what they are all trained on
   * @param crashes folder for the JVM's reports of crashes in native code
   */
  static WorkerJvm jvm(List<RunSpec> runs, SweepData data, Path crashes) {
    long parameters = runs.stream().mapToLong(r -> r.architecture().parameters()).max().orElse(0);
    long heap =
        MEGABYTES + (data.contents().heapBytes() >> 20) + ((parameters * BYTES_OF_PARAMETER) >> 20);
    List<String> options =
        List.of(
            "-Xmx" + heap + "m",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-XX:ErrorFile=" + crashes.resolve("crash-%p.log"),
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "--enable-native-access=ALL-UNNAMED");
    return new WorkerJvm(options, Main.class.getName(), data.arguments());
  }
}
