package io.rankfall.study;

import io.rankfall.study.ComparisonSpec.Cell;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Run;

/** Hears of a comparison's progress, from several threads. */
public interface ComparisonListener {

  /** What is done with the files after the trainings. */
  enum Phase {
    COMPRESSING(2),
    VERIFYING(3),
    TIMING(4);

    private final int step;

    Phase(int step) {
      this.step = step;
    }

    /** Its place among the four steps of a comparison, of which training is the first. */
    public int step() {
      return step;
    }
  }

  /** After each epoch of a training, and once before its first. */
  void onEpoch(Cell cell, EpochRecord record);

  /**
   * After each step of a training.
   *
   * @param step within the epoch, counted from 1
   */
  void onStep(Cell cell, int epoch, int step);

  /** When a training has ended. */
  void onRun(Cell cell, Run run);

  /**
   * While files are made and measured.
   *
   * @param done files finished
   * @param total files in this phase
   */
  void onFiles(Phase phase, int done, int total);
}
