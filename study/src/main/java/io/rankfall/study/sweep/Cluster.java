package io.rankfall.study.sweep;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Joins a cluster's machines to a sweep. Found by {@link java.util.ServiceLoader}, since its
 * libraries are not everybody's.
 */
public interface Cluster {

  /**
   * How to work there.
   *
   * @param master the cluster's address
   * @param name of the work, for the cluster's own pages
   * @param settings of the cluster's software, beyond its own files of settings
   * @param jvm what to start for each worker
   * @param classPath jars that a worker needs
   */
  record Order(
      String master,
      String name,
      Map<String, String> settings,
      WorkerJvm jvm,
      List<String> classPath) {
    public Order {
      settings = Map.copyOf(settings);
      classPath = List.copyOf(classPath);
    }
  }

  /**
   * Joins the cluster; the workplace is to be closed.
   *
   * @param notes hears a line about what takes long
   * @throws IOException in one line, if the cluster cannot be reached or the software for it is not
   *     there
   */
  Workplace join(Order order, Consumer<String> notes) throws IOException, InterruptedException;
}
