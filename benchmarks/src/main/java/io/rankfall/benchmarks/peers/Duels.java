package io.rankfall.benchmarks.peers;

import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Rank;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.train.Examples;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

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
    duels.checks();
    duels.residual();
    duels.spectra();
    return duels.duels;
  }

  /** The steps without momentum, whose least effort {@link Roofline} knows. */
  static List<Steps> plainSteps() {
    List<Steps> steps = new ArrayList<>();
    for (int batch : BATCHES) {
      steps.add(Steps.mlpBn(784, batch, 0));
      steps.add(Steps.mlpBn(3072, batch, 0));
      steps.add(Steps.mlp512(batch, 0));
    }
    return steps;
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
            "epoch " + steps.name() + ", B=16, all spectra",
            "epochs/s",
            "without spectra",
            0.98,
            () -> new Epoch(steps, inputs.examples(784), true),
            () -> new Epoch(steps, inputs.examples(784), false)));
  }

  private void checks() {
    for (Steps steps :
        List.of(
            Steps.mlpBn(784, 4, 0),
            Steps.mlpBn(784, 4, 0.9),
            Steps.mlp512(4, 0),
            Steps.mlp512(16, 0),
            Steps.mlp512(16, 0.9),
            Steps.mlp512(128, 0),
            Steps.mlp1024(1, 0))) {
      duels.add(
          new Duel(
              steps.label().replace("step", "theory"),
              "epochs/s",
              "unchecked",
              1 / 1.1,
              () -> new CheckedTraining(steps, inputs.dataset(), true),
              () -> new CheckedTraining(steps, inputs.dataset(), false)));
    }
  }

  private void residual() {
    Map<String, Object> request = new HashMap<>();
    request.put("net", "resnet18");
    request.put("inputs", 3072);
    request.put("batch", 16);
    request.put("learningRate", Steps.LEARNING_RATE);
    request.put("momentum", 0.9);
    request.put("weightDecay", Steps.WEIGHT_DECAY);
    request.put("inputsFile", inputs.inputs(3072).toString());
    request.put("labelsFile", inputs.labels().toString());
    duels.add(
        new Duel(
            "step ResNet-18, 3×32×32, B=16, momentum",
            "steps/s",
            "PyTorch eager",
            1,
            () -> new BlockSteps(inputs.examples(3072), 16),
            () -> python.get().enter("step", request)));
  }

  private void spectra() {
    spectra(512, 512, 1.2, 3);
    spectra(512, 4608, 3, 4);
    spectra(2048, 2048, 1.5, 3);
    factors(2048, "torch svd", "full_svd", 10, Map.of());
    factors(4096, "torch svd_lowrank to 2 %", "svd_lowrank", 1, Map.of("tolerance", 0.02));
    factors(4096, "torch svd_lowrank", "svd_lowrank", 0, Map.of());
  }

  private void spectra(int rows, int cols, double singularTarget, double rankTarget) {
    Supplier<Matrix> matrix = () -> inputs.gaussian(rows, cols);
    String values = "singular values %d×%d".formatted(rows, cols);
    Map<String, Object> request = new HashMap<>();
    request.put("rows", rows);
    add(values, "torch svdvals", singularTarget, matrix, Spectrum::of, "svdvals", request);
    add(values, "scipy svd, double", 3, matrix, Spectrum::of, "scipy_svd", request);
    duels.add(
        new Duel(
            values,
            "1/s",
            "LAPACK sgesdd",
            1.5,
            () -> {
              Matrix w = matrix.get();
              return Contender.repeating(() -> Spectrum.of(w));
            },
            () -> new LapackSvd(matrix.get())));
    add(
        "rank %d×%d, σ > 1e-3·‖W‖F".formatted(rows, cols),
        "torch matrix_rank",
        rankTarget,
        matrix,
        w -> Rank.of(w, RankRule.FROBENIUS_THOUSANDTH),
        "matrix_rank",
        request);
  }

  private void factors(
      int order, String peer, String work, double target, Map<String, Object> settings) {
    duels.add(
        new Duel(
            "factors of rank %d, %d×%d".formatted(Factors.RANK, order, order),
            "1/s",
            peer,
            target,
            () -> new Factors(inputs.gaussian(order, order)),
            () -> {
              Matrix matrix = inputs.gaussian(order, order);
              Map<String, Object> request = new HashMap<>(settings);
              request.put("rows", order);
              request.put("rank", Factors.RANK);
              request.put("optimum", Spectrum.of(matrix).sigma(Factors.RANK));
              request.put("matrixFile", inputs.file(matrix).toString());
              return python.get().enter(work, request);
            }));
  }

  private void add(
      String work,
      String peer,
      double target,
      Supplier<Matrix> matrix,
      Consumer<Matrix> ours,
      String theirs,
      Map<String, Object> request) {
    duels.add(
        new Duel(
            work,
            "1/s",
            peer,
            target,
            () -> {
              Matrix w = matrix.get();
              return Contender.repeating(() -> ours.accept(w));
            },
            () -> {
              Map<String, Object> all = new HashMap<>(request);
              all.put("matrixFile", inputs.file(matrix.get()).toString());
              return python.get().enter(theirs, all);
            }));
  }
}
