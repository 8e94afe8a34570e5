/**
 * Runs shown elsewhere while they train: {@link io.rankfall.train.tracking.TensorBoardLog} writes
 * TensorBoard's files, {@link io.rankfall.train.tracking.MlflowRun} tells an MLflow server. Both
 * are {@link io.rankfall.train.TrainingListener}s.
 *
 * <pre>{@code
 * TrackedRun about = TrackedRun.of("first", spec);
 * try (RunTracker tracker = TensorBoardLog.start(Path.of("logs", "first"), about, System.err::println)) {
 *   Run run = trainer.train(spec, tracker);
 *   tracker.end(RunEnd.of(run.outcome()));
 * }
 * }</pre>
 *
 * <p>A loop of your own around a {@link io.rankfall.train.BlockLearner}, with any DJL block, hands
 * its epochs to the same trackers:
 *
 * <pre>{@code
 * MlflowServer server = MlflowServer.at(URI.create("http://localhost:5000"));
 * TrackedRun about = new TrackedRun("resnet", Map.of("batchSize", "128", "learningRate", "0.1"));
 * try (RunTracker tracker = MlflowRun.start(server, "ranks", about, System.err::println)) {
 *   for (int epoch = 1; epoch <= 90; epoch++) {
 *     Evaluation training = ...; // the steps
 *     List<LayerSpectrum> spectra =
 *         learner.weightMatrices().stream()
 *             .map(weights -> new LayerSpectrum(weights.name(), weights.spectrum()))
 *             .toList();
 *     tracker.onEpoch(new EpochRecord(epoch, 0.1, training, learner.evaluate(test), spectra));
 *   }
 *   tracker.end(new RunEnd.Finished());
 * }
 * }</pre>
 */
@NullMarked
package io.rankfall.train.tracking;

import org.jspecify.annotations.NullMarked;
