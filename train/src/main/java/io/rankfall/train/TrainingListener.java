package io.rankfall.train;

import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Hears of a training's progress on the training thread; what it does there delays the training.
 */
public interface TrainingListener {
  /** Hears nothing. */
  TrainingListener NONE = record -> {};

  /**
   * Before the first step, or the first after a checkpoint.
   *
   * @param layers may be looked at during the calls of this listener, until the training ends
   * @param gradients to be handed what shall hear of every gradient, by as many as want to
   * @param epoch that the training has reached: 0, or the checkpoint's
   */
  default void onStart(TrainedLayers layers, Consumer<GradientListener> gradients, int epoch) {}

  /**
   * Before each step: the training can be resumed from here.
   *
   * @param done steps of this epoch so far; with 0 it is where {@link #onCheckpoint} was
   * @param checkpoint as there
   * @throws InterruptedException to abandon the training
   */
  default void beforeStep(int epoch, int done, Supplier<Checkpoint> checkpoint)
      throws InterruptedException {}

  /** After each epoch, and once before the first. */
  void onEpoch(EpochRecord record);

  /**
   * After {@link #onEpoch} and before {@link #onCheckpoint}, epoch 0 included.
   *
   * @param network as {@code record} measured it
   */
  default void onNetwork(EpochRecord record, Network network) {}

  /**
   * After each step.
   *
   * @param step within the epoch, counted from 1
   */
  default void onStep(int epoch, int step, StepResult result) {}

  /**
   * After {@link #onEpoch}, epoch 0 included: the training can be resumed from here.
   *
   * @param checkpoint copies the training's state when asked, on this thread and before this
   *     returns
   */
  default void onCheckpoint(int epoch, Supplier<Checkpoint> checkpoint) {}

  /**
   * When the training has ended with a network: after its last epoch, or where a {@link StopRule}
   * ended it.
   *
   * @param checkpoint as in {@link #onCheckpoint}
   */
  default void onTrained(Supplier<Checkpoint> checkpoint) {}

  /** When the training has ended without a network. */
  default void onDiverged(RunOutcome.Diverged outcome) {}

  /** This one and then {@code next}, of everything. */
  default TrainingListener andThen(TrainingListener next) {
    TrainingListener first = this;
    return new TrainingListener() {
      @Override
      public void onStart(TrainedLayers layers, Consumer<GradientListener> gradients, int epoch) {
        first.onStart(layers, gradients, epoch);
        next.onStart(layers, gradients, epoch);
      }

      @Override
      public void beforeStep(int epoch, int done, Supplier<Checkpoint> checkpoint)
          throws InterruptedException {
        first.beforeStep(epoch, done, checkpoint);
        next.beforeStep(epoch, done, checkpoint);
      }

      @Override
      public void onEpoch(EpochRecord record) {
        first.onEpoch(record);
        next.onEpoch(record);
      }

      @Override
      public void onNetwork(EpochRecord record, Network network) {
        first.onNetwork(record, network);
        next.onNetwork(record, network);
      }

      @Override
      public void onStep(int epoch, int step, StepResult result) {
        first.onStep(epoch, step, result);
        next.onStep(epoch, step, result);
      }

      @Override
      public void onCheckpoint(int epoch, Supplier<Checkpoint> checkpoint) {
        first.onCheckpoint(epoch, checkpoint);
        next.onCheckpoint(epoch, checkpoint);
      }

      @Override
      public void onTrained(Supplier<Checkpoint> checkpoint) {
        first.onTrained(checkpoint);
        next.onTrained(checkpoint);
      }

      @Override
      public void onDiverged(RunOutcome.Diverged outcome) {
        first.onDiverged(outcome);
        next.onDiverged(outcome);
      }
    };
  }
}
