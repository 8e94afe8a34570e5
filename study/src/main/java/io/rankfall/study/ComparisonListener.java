package io.rankfall.study;

import io.rankfall.study.ComparisonSpec.Cell;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Run;

/** Hears of a comparison's progress, from several threads. */
public interface ComparisonListener {

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
   * @param phase what is being done, for example {@code compressing}
   * @param done files finished
   * @param total files in this phase
   */
  void onFiles(String phase, int done, int total);
}
