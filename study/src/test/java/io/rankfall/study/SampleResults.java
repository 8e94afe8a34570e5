package io.rankfall.study;

import io.rankfall.study.Results.EpochResult;
import io.rankfall.study.Results.FileResult;
import io.rankfall.study.Results.Finding;
import io.rankfall.study.Results.Latency;
import io.rankfall.study.Results.LayerRank;
import io.rankfall.study.Results.LayerResult;
import io.rankfall.study.Results.Library;
import io.rankfall.study.Results.Outcome;
import io.rankfall.study.Results.Provenance;
import io.rankfall.study.Results.Reference;
import io.rankfall.study.Results.RunResult;
import io.rankfall.study.Results.Settings;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Made-up results of plausible shape: small batches and weight decay make spectra decay faster, and
 * networks with fast decay survive compression.
 */
public final class SampleResults {

  public static final String HOSTILE = "</script><img src=x onerror=alert(1)>";

  private static final List<String> POLICIES = List.of("uniform", "energy", "global", "data-aware");
  private static final List<Double> BUDGETS = List.of(0.5, 0.25, 0.125, 0.1, 0.063, 0.05);

  private final List<Integer> widths;
  private final int epochs;

  private SampleResults(List<Integer> widths, int epochs) {
    this.widths = widths;
    this.epochs = epochs;
  }

  /** Two batch sizes with and without weight decay. */
  public static Results comparison() {
    SampleResults sample = new SampleResults(List.of(784, 512, 512, 512, 10), 20);
    return sample.results(
        List.of(
            sample.completed("b16-wd1e-3", 16, 1e-3, 4.5),
            sample.completed("b16-wd0", 16, 0, 1.1),
            sample.completed("b128-wd1e-3", 128, 1e-3, 1.7),
            sample.completed("b128-wd0", 128, 0, .35)));
  }

  /** The smallest comparison that is one, beside a run that diverged, with markup in every text. */
  public static Results odd() {
    SampleResults sample = new SampleResults(List.of(32, 16, 10), 2);
    RunResult good = sample.completed("good", 4, 1e-3, 3);
    List<EpochResult> beforeDivergence = new ArrayList<>(good.epochs().subList(0, 2));
    EpochResult last = beforeDivergence.get(1);
    beforeDivergence.set(
        1,
        new EpochResult(
            1,
            last.learningRate(),
            Double.NaN,
            .1,
            null,
            null,
            Double.POSITIVE_INFINITY,
            .1,
            List.of()));
    RunResult hostile =
        new RunResult(
            "hostile",
            HOSTILE,
            4,
            1e-3,
            HOSTILE,
            new Outcome("COMPLETED", null),
            3,
            1e-6,
            good.epochs(),
            good.files());
    RunResult diverged =
        new RunResult(
            "diverged",
            "B=4, wd=10",
            4,
            10,
            "fused",
            new Outcome(
                "DIVERGED", "weights of layer fc1 not finite at epoch 1, step 17" + HOSTILE),
            1.5,
            null,
            beforeDivergence,
            List.of());
    Results results = sample.results(List.of(hostile, diverged));
    return new Results(
        results.formatVersion(),
        results.settings(),
        results.provenance(),
        results.runs(),
        results.references(),
        List.of(new Finding("hostile", false, HOSTILE, "{{script}} & " + HOSTILE)));
  }

  /** One run of a two-layer network over three epochs. */
  public static Results single() {
    SampleResults sample = new SampleResults(List.of(32, 16, 10), 3);
    return sample.results(List.of(sample.completed("b16-wd1e-3", 16, 1e-3, 4)));
  }

  private Results results(List<RunResult> runs) {
    Settings settings =
        new Settings(
            "Fashion-MNIST",
            60_000,
            10_000,
            String.join("-", widths.stream().map(String::valueOf).toList()),
            "HE",
            parameters(),
            .1,
            0,
            epochs >= 10 ? List.of(epochs / 2, epochs * 3 / 4) : List.of(),
            .2,
            epochs,
            1,
            5_000);
    Provenance provenance =
        new Provenance(
            "0.1.0",
            "rankfall demo --epochs " + epochs,
            "2026-01-05T20:15:00Z",
            1234.5,
            321,
            1600.25,
            "17.0.17+10",
            "Linux 6.1.0 amd64",
            "Example CPU 3 GHz",
            4,
            List.of(new Library("OpenBLAS", "0.3.31"), new Library("ONNX Runtime", "1.23.2")),
            "8f1c1c0e5a3b4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6");
    List<Reference> references =
        IntStream.range(0, layers())
            .mapToObj(
                l ->
                    new Reference(
                        widths.get(l + 1),
                        widths.get(l),
                        randomSpectrum(widths.get(l), widths.get(l + 1))))
            .distinct()
            .toList();
    return new Results(
        Results.FORMAT_VERSION,
        settings,
        provenance,
        runs,
        references,
        List.of(
            new Finding(
                "rank-falls-with-batch",
                true,
                "Small batches lower the rank",
                "With weight decay 1e-3 the mean rank at τ = 1e-3 falls from 301 (B=128) to 112 (B=16)."),
            new Finding(
                "speed-at-batch-1",
                false,
                "Every compressed file is faster",
                "At batch 1 two of 24 files are slower than their dense file.")));
  }

  private RunResult completed(String id, int batchSize, double weightDecay, double decay) {
    String label = "B=" + batchSize + ", wd=" + (weightDecay == 0 ? "0" : "1e-3");
    List<EpochResult> states =
        IntStream.rangeClosed(0, epochs).mapToObj(e -> epoch(e, decay, batchSize)).toList();
    double dense = states.get(states.size() - 1).testAccuracy();
    return new RunResult(
        id,
        label,
        batchSize,
        weightDecay,
        "FusedMlpLearner",
        new Outcome("COMPLETED", null),
        300 + 10.0 * batchSize,
        2.5e-7,
        states,
        files(id, decay, dense));
  }

  private EpochResult epoch(int epoch, double decay, int batchSize) {
    double progress = 1 - Math.exp(-4.0 * epoch / epochs);
    double loss = 2.3 - 1.95 * progress;
    double accuracy = .1 + .795 * Math.min(1, progress * 1.02) + .0004 * decay;
    double gap = .02 * progress + .0002 * batchSize;
    return new EpochResult(
        epoch,
        epoch == 0 ? null : .1 * Math.pow(.2, 4 * epoch / epochs > 2 ? 1 : 0),
        epoch == 0 ? null : loss,
        epoch == 0 ? null : accuracy + gap,
        null,
        null,
        loss + gap,
        accuracy,
        IntStream.range(0, layers()).mapToObj(l -> layer(l, decay * progress)).toList());
  }

  private LayerResult layer(int l, double decay) {
    int cols = widths.get(l);
    int rows = widths.get(l + 1);
    int n = Math.min(rows, cols);
    boolean last = l == layers() - 1;
    double strength = last ? decay / 10 : decay * (1 + .3 * l);
    List<Double> random = randomSpectrum(rows, cols);
    List<Double> spectrum =
        normalised(
            n, i -> random.get(i) * (Math.exp(-strength * 3.0 * i / n) + (i == 0 ? strength : 0)));
    double first = spectrum.get(0);
    double sum = spectrum.stream().mapToDouble(v -> v).sum();
    double entropy = spectrum.stream().mapToDouble(v -> v / sum).map(p -> -p * Math.log(p)).sum();
    return new LayerResult(
        "fc" + (l + 1),
        rows,
        cols,
        count(spectrum, 1e-3),
        count(spectrum, 1e-2),
        1 / (first * first),
        Math.exp(entropy),
        10 + l,
        spectrum);
  }

  public static int count(List<Double> spectrum, double tau) {
    return (int) spectrum.stream().filter(v -> v > tau).count();
  }

  private List<FileResult> files(String id, double decay, double dense) {
    Stream<FileResult> compressed =
        POLICIES.stream()
            .flatMap(
                policy -> BUDGETS.stream().map(budget -> file(id, decay, dense, policy, budget)));
    return Stream.concat(Stream.of(file(id, decay, dense, "dense", 1)), compressed).toList();
  }

  private FileResult file(String id, double decay, double dense, String policy, double budget) {
    boolean isDense = policy.equals("dense");
    double skill = .4 + .2 * POLICIES.indexOf(policy);
    double loss = isDense ? 0 : .004 * Math.pow(1 / budget, 1.6) / (skill * (1 + 4 * decay));
    long kept = Math.round(parameters() * budget * (isDense ? 1 : .99));
    return new FileResult(
        "models/" + id + (isDense ? "" : "-" + policy + "-" + budget) + ".onnx",
        policy,
        budget,
        kept,
        4 * kept + 1_234,
        Math.max(.1, dense - Math.min(.75, loss)),
        List.of(latency(1, 210, budget), latency(256, 9_500, budget)),
        IntStream.range(0, layers()).mapToObj(l -> rank(l, budget, isDense)).toList());
  }

  private static Latency latency(int batch, double denseMicros, double budget) {
    double micros = denseMicros * (.15 + .85 * budget);
    return new Latency(batch, micros, denseMicros, denseMicros / micros);
  }

  private LayerRank rank(int l, double budget, boolean dense) {
    int cols = widths.get(l);
    int rows = widths.get(l + 1);
    boolean last = l == layers() - 1;
    @Nullable Integer rank =
        dense || last ? null : (int) Math.max(1, budget * rows * cols / (rows + cols));
    String reason =
        dense ? "dense file" : last ? "classifier: factors would be larger" : "budget " + budget;
    return new LayerRank("fc" + (l + 1), rows, cols, rank, reason);
  }

  private int layers() {
    return widths.size() - 1;
  }

  private long parameters() {
    return IntStream.range(0, layers())
        .mapToLong(l -> (long) widths.get(l + 1) * (widths.get(l) + 1))
        .sum();
  }

  /** A straight line between the edges of the Marchenko–Pastur law is near enough for a sample. */
  private static List<Double> randomSpectrum(int rows, int cols) {
    int n = Math.min(rows, cols);
    double ratio = Math.sqrt((double) n / Math.max(rows, cols));
    return normalised(n, i -> 1 + ratio - 2 * ratio * (i + .5) / n);
  }

  private static List<Double> normalised(int n, IntToDoubleFunction profile) {
    double norm =
        Math.sqrt(IntStream.range(0, n).mapToDouble(profile).map(value -> value * value).sum());
    return IntStream.range(0, n).mapToObj(i -> rounded(profile.applyAsDouble(i) / norm)).toList();
  }

  private static double rounded(double value) {
    return new BigDecimal(value).round(new MathContext(4)).doubleValue();
  }
}
