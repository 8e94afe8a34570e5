package io.rankfall.benchmarks.peers;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.Examples;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** All works with their peers and targets. */
final class Duels {
  private static final int[] BATCHES = {4, 16, 128};

  private final Inputs inputs;
  private final PythonSource python;
  private final List<Duel> duels = new ArrayList<>();

  /** Starts Python, or tells why it cannot. */
  @FunctionalInterface
  interface PythonSource {
    PythonPeers get() throws MissingPeerException;
  }

  private Duels(Inputs inputs, PythonSource python) {
    this.inputs = inputs;
    this.python = python;
  }

  static List<Duel> all(Inputs inputs, PythonSource python) {
    Duels duels = new Duels(inputs, python);
    duels.steps();
    duels.trials();
    duels.spectra();
    return duels.duels;
  }

  private void steps() {
    double[] deep = {6, 4, 2};
    double[] deepColoured = {4, 3, 1.8};
    double[] wide = {3.5, 2.5, 1.2};
    for (int i = 0; i < BATCHES.length; i++) {
      steps(Steps.mlpBn(784, BATCHES[i], 0), deep[i]);
    }
    for (int i = 0; i < BATCHES.length; i++) {
      steps(Steps.mlpBn(3072, BATCHES[i], 0), deepColoured[i]);
    }
    for (int i = 0; i < BATCHES.length; i++) {
      steps(Steps.mlp512(BATCHES[i], 0), wide[i]);
    }
    for (Steps steps :
        List.of(Steps.mlpBn(784, 4, 0.9), Steps.mlpBn(3072, 4, 0.9), Steps.mlp512(4, 0.9))) {
      steps(steps, 2.5);
    }
  }

  private void steps(Steps steps, double target) {
    Examples examples = inputs.examples(steps.architecture().inputs());
    duels.add(
        new Duel(
            steps.label(),
            "steps/s",
            "PyTorch eager",
            target,
            () -> steps.ours(examples),
            () -> python.get().enter("step", steps.request(inputs))));
    duels.add(
        new Duel(
            steps.label(),
            "steps/s",
            "DJL trainer",
            target,
            () -> steps.ours(examples),
            () -> new DjlTrainer(steps, examples)));
  }

  private void trials() {
    for (int batch : new int[] {4, 16}) {
      Steps steps = Steps.mlp512(batch, 0);
      duels.add(
          new Duel(
              "two trainings at once, " + steps.name() + ", B=" + batch,
              "steps/s",
              "one alone",
              1.8,
              () ->
                  new Together(steps.ours(inputs.examples(784)), steps.ours(inputs.examples(784))),
              () -> steps.ours(inputs.examples(784))));
    }
    Steps steps = Steps.mlp512(16, 0);
    duels.add(
        new Duel(
            "epoch with all singular values, " + steps.label(),
            "epochs/s",
            "without",
            0.98,
            () -> new Epoch(steps, inputs.examples(784), true),
            () -> new Epoch(steps, inputs.examples(784), false)));
  }

  private void spectra() {
    int[][] shapes = {{512, 512}, {512, 4608}, {2048, 2048}};
    double[] singleTargets = {1.2, 3, 1.5};
    for (int i = 0; i < shapes.length; i++) {
      int rows = shapes[i][0];
      int cols = shapes[i][1];
      Matrix matrix = inputs.gaussian(rows, cols);
      Contender ours = Contender.repeating(() -> Spectrum.of(matrix));
      String work = "singular values %d×%d".formatted(rows, cols);
      add(work, "torch svdvals", singleTargets[i], ours, "svdvals", rows, cols);
      add(work, "scipy svd, double", 3, ours, "scipy_svd", rows, cols);
    }
  }

  private void add(
      String work, String peer, double target, Contender ours, String request, int rows, int cols) {
    duels.add(
        new Duel(
            work,
            "1/s",
            peer,
            target,
            () -> ours,
            () ->
                python
                    .get()
                    .enter(
                        request,
                        Map.of(
                            "rows",
                            rows,
                            "matrixFile",
                            inputs.gaussianFile(rows, cols).toString()))));
  }
}
