package io.rankfall.study.sweep;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The JVM that a worker runs in, on whatever machine.
 *
 * @param mainClass calls {@link Worker#work} with its standard streams
 */
public record WorkerJvm(List<String> options, String mainClass, List<String> arguments)
    implements Serializable {
  /** The first version that warns of what natives' libraries do, unless it is told not to. */
  private static final int WARNS_OF_UNSAFE = 23;

  public WorkerJvm {
    options = List.copyOf(options);
    arguments = List.copyOf(arguments);
  }

  /** The command that starts it with the Java that runs this, which need not be the driver's. */
  public List<String> command(String classPath) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    if (Runtime.version().feature() >= WARNS_OF_UNSAFE) {
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(List.of("-cp", classPath, mainClass));
    command.addAll(arguments);
    return command;
  }
}
