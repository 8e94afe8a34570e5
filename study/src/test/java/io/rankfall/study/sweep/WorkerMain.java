package io.rankfall.study.sweep;

/** A worker process of a test. */
final class WorkerMain {
  private WorkerMain() {}

  public static void main(String[] args) {
    Worker.work(Trials.dataset(), System.in, System.out);
  }
}
