package io.rankfall.spark;

import io.rankfall.study.sweep.WorkerJvm;
import io.rankfall.study.sweep.WorkerLink;
import io.rankfall.study.sweep.Workplace;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.SparkFiles;
import org.apache.spark.api.java.function.VoidFunction;

/**
 * What Spark runs: starts a worker beside the executor, in a JVM of its own, and passes its lines
 * on until one of the two ends.
 *
 * @param host where the driver listens
 * @param token tells the driver which worker this is. It takes each once, so that a task that Spark
 *     runs again does nothing.
 * @param jars names of the files that Spark brought here
 */
record WorkerTask(String host, int port, String token, WorkerJvm jvm, List<String> jars)
    implements VoidFunction<Iterator<Integer>> {
  /** Begins the last line of a worker that ended by itself. */
  static final String ENDED = "ended ";

  /** Time for an executor that is ending to say so, when all its processes got the signal. */
  private static final long MILLIS_FOR_SIGNALS = 500;

  WorkerTask {
    jars = List.copyOf(jars);
  }

  @Override
  public void call(Iterator<Integer> nothing) throws IOException, InterruptedException {
    try (SocketLines driver = new SocketLines(new Socket(host, port))) {
      driver.write(token);
      WorkerLink worker;
      try {
        worker = Workplace.here(jvm.command(classPath())).start();
      } catch (IOException e) {
        driver.write(ENDED + machine() + ": " + e.getMessage());
        return;
      }
      try (worker) {
        relay(driver, worker);
      }
    }
  }

  private static void relay(SocketLines driver, WorkerLink worker)
      throws IOException, InterruptedException {
    Thread ending = new Thread(worker::close, "rankfall-end");
    if (!hook(ending)) {
      return;
    }
    Thread tasks = new Thread(() -> passTasks(driver, worker), "rankfall-tasks");
    tasks.setDaemon(true);
    tasks.start();
    for (Optional<String> line = worker.receive(); line.isPresent(); line = worker.receive()) {
      if (line.get().startsWith("{")) {
        driver.write(line.get());
      }
    }
    String end = worker.ending().message();
    Thread.sleep(MILLIS_FOR_SIGNALS);
    // An executor that is ending takes its workers along: that is no crash of theirs.
    if (unhook(ending)) {
      driver.write(ENDED + machine() + ": " + end);
    }
  }

  private static void passTasks(SocketLines driver, WorkerLink worker) {
    for (Optional<String> line = driver.read(); line.isPresent(); line = driver.read()) {
      worker.send(line.get());
    }
    worker.close();
  }

  /** Whether this process is not ending already. */
  private static boolean hook(Thread ending) {
    try {
      Runtime.getRuntime().addShutdownHook(ending);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private static boolean unhook(Thread ending) {
    try {
      return Runtime.getRuntime().removeShutdownHook(ending);
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private String classPath() {
    Path folder = Path.of(SparkFiles.getRootDirectory()).toAbsolutePath();
    return jars.stream()
        .map(jar -> folder.resolve(jar).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String machine() throws UnknownHostException {
    return InetAddress.getLocalHost().getHostName();
  }
}
