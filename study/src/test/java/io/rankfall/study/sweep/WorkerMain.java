package io.rankfall.study.sweep;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** A worker process of a test. */
final class WorkerMain {
  private WorkerMain() {}

  public static void main(String[] args) {
    Worker.work(
        Trials.dataset(), System.in, new PrintWriter(System.out, true, StandardCharsets.UTF_8));
  }
}
