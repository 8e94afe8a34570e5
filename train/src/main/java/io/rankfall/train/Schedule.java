package io.rankfall.train;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * How the learning rate changes from epoch to epoch; within an epoch it stays. Epochs are counted
 * from the start of the training, whatever its length: a longer training begins with the shorter
 * one.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
@JsonSubTypes({
  @JsonSubTypes.Type(StepSchedule.class),
  @JsonSubTypes.Type(CosineSchedule.class),
  @JsonSubTypes.Type(WarmUp.class)
})
public sealed interface Schedule permits StepSchedule, CosineSchedule, WarmUp {
  /** What the initial rate is multiplied by in the given epoch, counted from 1: ≥ 0, at most 1. */
  double factor(int epoch);

  /** The part of it that falls at milestones, {@link StepSchedule#CONSTANT} if there is none. */
  StepSchedule steps();

  /** For people, for example {@code ×0.2 at [60, 100]}. */
  String label();
}
