package io.rankfall.study.store;

import io.rankfall.train.RunSpec;
import org.jspecify.annotations.Nullable;

/**
 * A run of a study.
 *
 * @param spec with the number of epochs to reach
 * @param message why it diverged or failed
 * @param crashes of workers that trained it
 * @param seconds of training, over all attempts that count
 * @param last the last epoch measured, without layers; null before epoch 0
 */
public record StoredRun(
    String id,
    RunSpec spec,
    RunState state,
    @Nullable String message,
    int crashes,
    double seconds,
    @Nullable StoredEpoch last) {}
