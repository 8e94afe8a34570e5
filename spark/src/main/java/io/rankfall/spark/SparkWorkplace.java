package io.rankfall.spark;

import io.rankfall.study.sweep.WorkerJvm;
import io.rankfall.study.sweep.WorkerLink;
import io.rankfall.study.sweep.Workplace;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Executors of a Spark cluster. A worker is a job of one task; jobs for which there is no core wait
 * in Spark's own queue.
 */
final class SparkWorkplace implements Workplace {
  private final JavaSparkContext spark;
  private final ClassLoader software;
  private final WorkerJvm jvm;
  private final List<String> jars;
  private final String host;
  private final Reception reception;
  private final Patience patience;

  SparkWorkplace(JavaSparkContext spark, WorkerJvm jvm, List<String> jars, Consumer<String> notes)
      throws IOException {
    this.spark = spark;
    this.software = Thread.currentThread().getContextClassLoader();
    this.jvm = jvm;
    this.jars = List.copyOf(jars);
    SparkConf conf = spark.getConf();
    this.host = conf.get("spark.driver.host");
    InetAddress address = InetAddress.getByName(conf.get("spark.driver.bindAddress", host));
    this.patience = new Patience(spark.master(), notes);
    this.reception = new Reception(address, patience::calls);
  }

  @Override
  public WorkerLink start() throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    // Spark and Hadoop look for their parts there.
    thread.setContextClassLoader(software);
    try {
      Reception.Awaited awaited = reception.await();
      WorkerTask task = new WorkerTask(host, reception.port(), awaited.token(), jvm, jars);
      awaited.link().runsIn(spark.parallelize(List.of(0), 1).foreachPartitionAsync(task));
      return awaited.link();
    } catch (IllegalStateException e) {
      throw new IOException(
          "%s: expected the application to go on, found %s"
              .formatted(spark.master(), SparkCluster.firstLine(e)),
          e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Override
  public void close() {
    patience.close();
    reception.close();
    spark.close();
  }
}
