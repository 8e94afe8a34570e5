package io.rankfall.djl;

import ai.djl.Device;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import io.rankfall.compress.AtomicFile;
import io.rankfall.djl.LayerRank.Measured;
import io.rankfall.djl.LayerRank.NonFinite;
import io.rankfall.djl.LayerRank.Outcome;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.spectra.WeightMatrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Measures the ranks of all weight matrices in a DJL training:
 *
 * <pre>{@code new DefaultTrainingConfig(loss).addTrainingListeners(new RankListener())}</pre>
 *
 * <p>before the first step, after every epoch and, if wanted, every so many batches. It reads
 * copies of the weights and draws no random numbers of the engine's: the training gives the same
 * bits as without. Weights that are NaN or infinite are an {@link NonFinite outcome}. Which layers
 * are measured is told by {@link BlockWeights}.
 *
 * <p>A measurement takes about min(m,n)²·max(m,n) multiplications a matrix on the training's
 * thread, see {@link RankRecord#seconds}. With several devices the weights are those on the model's
 * own, which DJL keeps equal to the others'.
 *
 * <p>An unwritable file ends the training when it begins; later, trouble is told once, in one line,
 * and the training goes on. One listener may serve several trainers, one after another: it goes on
 * counting.
 */
public final class RankListener extends TrainingListenerAdapter {
  private static final long RANDOM_SEED = 1;

  private final RankRule rule;
  private final long everyBatches;
  private final Consumer<String> lines;
  private final @Nullable RankLog log;
  private final @Nullable Path page;
  private final Spectra spectra;

  private final List<RankRecord> history = new CopyOnWriteArrayList<>();
  private final Map<List<Integer>, Integer> randomRanks = new HashMap<>();
  private boolean begun;
  private boolean troubled;
  private boolean blind;
  private int epochs;
  private long batches;

  /** What is kept of the singular values. */
  public enum Spectra {
    /** Rank, stable rank and norm. */
    SUMMARIZED,
    /** All singular values as well, in {@link RankListener#history} and in {@code .jsonl} files. */
    KEPT
  }

  /** With the defaults of {@link Builder}. */
  public RankListener() {
    this(builder());
  }

  private RankListener(Builder builder) {
    this.rule = builder.rule;
    this.everyBatches = builder.everyBatches;
    this.lines = builder.lines;
    this.log = builder.log;
    this.page = builder.page;
    this.spectra = builder.spectra;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Every option has a default. */
  public static final class Builder {
    private RankRule rule = RankRule.FROBENIUS_HUNDREDTH;
    private long everyBatches;
    private Consumer<String> lines = LoggerFactory.getLogger(RankListener.class)::info;
    private @Nullable RankLog log;
    private @Nullable Path page;
    private Spectra spectra = Spectra.SUMMARIZED;

    private Builder() {}

    /** Which singular values count; {@code σ/‖W‖F > 1e-2} if not set. */
    public Builder rule(RankRule which) {
      this.rule = which;
      return this;
    }

    /**
     * Measures every {@code count} batches too; only after epochs if not set. DJL tells of a batch
     * before it makes the batch's step, so what is measured has the steps of the batches before.
     */
    public Builder everyBatches(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("batches between ranks: expected >= 1, found " + count);
      }
      this.everyBatches = count;
      return this;
    }

    /**
     * Hears one line a measurement. If not set, SLF4J's logger of this class does, at level info,
     * where DJL's own listeners report as well.
     */
    public Builder lines(Consumer<String> to) {
      this.lines = to;
      return this;
    }

    /**
     * Also writes measurements to a file, each when it is made, which takes the place of what was
     * there; none if not set.
     *
     * @param file {@code .csv}, a line a layer, or {@code .jsonl}, one JSON object a measurement
     */
    public Builder log(Path file) {
      this.log = RankLog.at(file);
      return this;
    }

    /**
     * Also draws rank against epoch for every layer on a self-contained HTML page, whole again
     * after each epoch; none if not set.
     */
    public Builder page(Path file) {
      this.page = file;
      return this;
    }

    /** {@link Spectra#SUMMARIZED} if not set. */
    public Builder spectra(Spectra what) {
      this.spectra = what;
      return this;
    }

    public RankListener build() {
      return new RankListener(this);
    }
  }

  /** All measurements so far, oldest first; may be asked for on any thread. */
  public List<RankRecord> history() {
    return List.copyOf(history);
  }

  @Override
  public void onTrainingBegin(Trainer trainer) {
    if (begun) {
      return;
    }
    begun = true;
    try {
      if (log != null) {
        log.begin();
      }
      if (page != null) {
        AtomicFile.requireTarget(page);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(RankListener.class.getSimpleName() + ": " + reason(e), e);
    }
  }

  @Override
  public void onTrainingBatch(Trainer trainer, BatchData batchData) {
    boolean due = everyBatches > 0 && batches % everyBatches == 0;
    if (due || history.isEmpty()) {
      measure(trainer);
    }
    batches++;
  }

  @Override
  public void onEpoch(Trainer trainer) {
    epochs++;
    measure(trainer);
    draw();
  }

  private void measure(Trainer trainer) {
    Block block = trainer.getModel().getBlock();
    if (blind || !trained(block, trainer.getDevices())) {
      return;
    }
    if (isMeasured()) {
      return;
    }
    long start = System.nanoTime();
    List<LayerRank> layers = new ArrayList<>();
    BlockWeights.forEach(block, weights -> layers.add(measured(weights)));
    double seconds = 1e-9 * (System.nanoTime() - start);
    RankRecord record = new RankRecord(epochs, batches, rule, layers, seconds);
    history.add(record);
    lines.accept(RankText.line(record));
    if (log != null && !troubled) {
      try {
        log.append(record);
      } catch (IOException e) {
        trouble(e);
      }
    }
  }

  /** A batch begins where the epoch before it ended. */
  private boolean isMeasured() {
    if (history.isEmpty()) {
      return false;
    }
    RankRecord last = history.get(history.size() - 1);
    return last.epoch() == epochs && last.batches() == batches;
  }

  /** DJL trains copies on other devices, and brings them back when the trainer is closed. */
  private boolean trained(Block block, Device... devices) {
    for (Parameter parameter : block.getParameters().values()) {
      Device device = parameter.isInitialized() ? parameter.getArray().getDevice() : devices[0];
      if (!Arrays.asList(devices).contains(device)) {
        blind = true;
        lines.accept(
            "ranks are not measured: expected the model on a device of its training, %s, found it on %s"
                .formatted(Arrays.toString(devices), device));
        return false;
      }
    }
    return true;
  }

  private LayerRank measured(WeightMatrix weights) {
    int rows = weights.matrix().rows();
    int cols = weights.matrix().cols();
    int random =
        randomRanks.computeIfAbsent(
            List.of(rows, cols), shape -> Spectrum.ofGaussian(rows, cols, RANDOM_SEED).rank(rule));
    return new LayerRank(weights.name(), rows, cols, random, outcome(weights));
  }

  private Outcome outcome(WeightMatrix weights) {
    try {
      Spectrum spectrum = weights.spectrum();
      return new Measured(
          spectrum.rank(rule),
          spectrum.stableRank(),
          spectrum.frobeniusNorm(),
          spectra == Spectra.KEPT ? Optional.of(spectrum) : Optional.empty());
    } catch (NonFiniteException e) {
      return new NonFinite();
    }
  }

  private void draw() {
    if (page != null && !troubled) {
      try {
        RankPage.write(page, history);
      } catch (IOException e) {
        trouble(e);
      }
    }
  }

  private void trouble(IOException e) {
    troubled = true;
    lines.accept("ranks are no longer written: " + reason(e));
  }

  /** File system exceptions may have no more of a message than the file's name. */
  private static String reason(IOException e) {
    return e.getClass() == IOException.class ? String.valueOf(e.getMessage()) : e.toString();
  }
}
