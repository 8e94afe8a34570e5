package io.rankfall.study.report;

import io.rankfall.spectra.Spectrum;
import io.rankfall.study.Machine;
import io.rankfall.study.Versions;
import io.rankfall.study.statistics.RunTable;
import io.rankfall.study.statistics.RunTable.RankMeasure;
import io.rankfall.study.store.Claim;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.Compressibility.Method;
import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.study.store.Provenance;
import io.rankfall.study.store.SearchClaim;
import io.rankfall.study.store.Session;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Demand;
import io.rankfall.study.store.StudyStore.Opening;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.Initialization;
import io.rankfall.train.LayerSpectrum;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunOutcome.Diverged;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.graph.Watched;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A study in a file whose runs were never trained: spectra decay the faster the smaller B and the
 * larger μ and wd; the largest μ diverges at the smallest B, and the largest wd learns nothing.
 */
record MadeUpStudy(Path file) {
  static final int TEST_EXAMPLES = 10_000;
  static final String HOSTILE = "</script><img src=x onerror=alert(1)>";

  private static final Provenance PROVENANCE =
      new Provenance(new Versions("test", List.of()), new Machine("j", "o", HOSTILE, 2), "abc");
  private static final int EPOCHS = 4;

  /** All combinations. */
  static MadeUpStudy grid(
      Path file, Mlp mlp, List<Integer> batches, List<Double> rates, List<Double> decays, int seeds)
      throws IOException {
    List<RunSpec> specs = new ArrayList<>();
    for (int batch : batches) {
      for (double rate : rates) {
        for (double decay : decays) {
          for (int seed = 1; seed <= seeds; seed++) {
            specs.add(spec(mlp, batch, rate, decay, seed));
          }
        }
      }
    }
    return new MadeUpStudy(file).with(specs);
  }

  /** As a random search: no two runs agree in anything. */
  static MadeUpStudy random(Path file, Mlp mlp, int runs) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    return new MadeUpStudy(file)
        .with(
            IntStream.range(0, runs)
                .mapToObj(
                    i ->
                        spec(
                            mlp,
                            4 + i,
                            Math.pow(10, -3 * random.nextDouble()) / 2,
                            Math.pow(10, -2 - 3 * random.nextDouble()),
                            i))
                .toList());
  }

  private static RunSpec spec(Mlp mlp, int batch, double rate, double decay, long seed) {
    Optimizer optimizer = new Optimizer(rate, decay, 0, new StepSchedule(List.of(3), 0.2));
    return new RunSpec(
        "made-up", mlp, Initialization.HE, batch, optimizer, EPOCHS, seed, LearnerKind.FUSED);
  }

  private MadeUpStudy with(List<RunSpec> specs) throws IOException {
    try (StudyStore store = StudyStore.open(file.toString(), Opening.CREATE_IF_MISSING)) {
      store.add(new Demand("sweep", "text", specs, 2), spec -> 1);
      try (Session session = Session.join(store, "sweep")) {
        for (var claim = session.claim(); claim.isPresent(); claim = session.claim()) {
          train(claim.get());
        }
      }
    }
    return this;
  }

  /**
   * With what a search found in the runs that learned something: the larger B, the more is left.
   */
  MadeUpStudy searched() throws IOException {
    try (StudyStore store = StudyStore.open(file.toString(), Opening.EXISTING);
        Session session = Session.join(store, "sweep")) {
      for (var claim = search(session); claim.isPresent(); claim = search(session)) {
        List<Smallest> smallest = new ArrayList<>();
        for (Method method : List.of(Method.PLAIN, Method.DATA_AWARE)) {
          for (double points : List.of(0.5, 1.0, 2.0)) {
            double share = claim.get().spec().batchSize() / (80 + points);
            smallest.add(new Smallest(method, points, Math.round(share * 1000), share, 0.8));
          }
        }
        claim.get().found(new Compressibility(0.8, 1000, smallest));
      }
    }
    return this;
  }

  private static Optional<SearchClaim> search(Session session) throws IOException {
    return session.claimSearch(run -> run.spec().optimizer().weightDecay() < 0.1);
  }

  private static void train(Claim claim) throws IOException {
    RunSpec spec = claim.spec();
    claim.started(-1, PROVENANCE);
    boolean diverges = spec.optimizer().learningRate() >= 1 && spec.batchSize() <= 4;
    for (int epoch = 0; epoch <= (diverges ? 1 : EPOCHS); epoch++) {
      claim.record(epoch(spec, epoch));
    }
    if (diverges) {
      claim.diverged(new Diverged(2, 7, HOSTILE), 3);
    } else {
      claim.completed(12);
    }
  }

  private static EpochRecord epoch(RunSpec spec, int epoch) {
    double force =
        epoch
            * spec.optimizer().learningRate()
            * (spec.optimizer().weightDecay() + 1e-4)
            * 1e4
            / spec.batchSize();
    SplittableRandom random = new SplittableRandom(spec.seed() + 31L * epoch);
    double accuracy =
        spec.optimizer().weightDecay() >= 0.1 || epoch == 0
            ? 0.1
            : 0.8 + 0.1 * Math.tanh(force) + 0.01 * random.nextDouble();
    List<LayerSpectrum> layers = new ArrayList<>();
    for (Watched matrix : spec.architecture().graph().watched()) {
      int size = matrix.fullRank();
      double decay = 3 + 2 * force + random.nextDouble();
      double[] sigma =
          IntStream.range(0, size).mapToDouble(i -> (float) Math.exp(-decay * i / size)).toArray();
      layers.add(
          new LayerSpectrum(matrix.name(), Spectrum.of(matrix.rows(), matrix.cols(), sigma)));
    }
    return new EpochRecord(
        epoch,
        spec.optimizer().learningRate(),
        epoch == 0 ? null : new Evaluation(1.0 / epoch, Math.min(1, accuracy + 0.02)),
        new Evaluation(1.1 / (1 + epoch), accuracy),
        layers);
  }

  StudyReport report() throws IOException {
    try (StudyStore store = StudyStore.open(file.toString(), Opening.EXISTING)) {
      List<StoredRun> runs = store.runs();
      RunTable table =
          RunTable.of(runs, store.compressibilities(), RankMeasure.HUNDREDTH, TEST_EXAMPLES);
      return StudyReport.of(HOSTILE, store, runs, table, 1);
    }
  }

  /** Mean over the hidden layers of the singular values above τ·‖W‖_F, counted from the numbers. */
  static double meanRank(List<LayerSpectrum> layers, double tau) {
    return layers.subList(0, layers.size() - 1).stream()
        .mapToLong(layer -> above(layer.spectrum().toArray(), tau))
        .average()
        .orElseThrow();
  }

  private static long above(double[] sigma, double tau) {
    double norm = Math.sqrt(DoubleStream.of(sigma).map(s -> s * s).sum());
    return DoubleStream.of(sigma).filter(s -> s > tau * norm).count();
  }

  static List<LayerSpectrum> lastLayers(RunSpec spec) {
    return epoch(spec, EPOCHS).layers();
  }
}
