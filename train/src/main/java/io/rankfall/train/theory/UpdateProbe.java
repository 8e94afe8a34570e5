package io.rankfall.train.theory;

import static java.util.Objects.requireNonNull;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.Dataset;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.GradientFactors;
import io.rankfall.train.GradientListener;
import io.rankfall.train.RunOutcome;
import io.rankfall.train.RunSpec;
import io.rankfall.train.StepResult;
import io.rankfall.train.TrainedLayers;
import io.rankfall.train.TrainingListener;
import io.rankfall.train.theory.TheoryPlan.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Measures the rank of single updates beside that of their gradients, under any optimizer: what is
 * left to see where {@link TheoryProbe} knows no recursion. The training does not notice.
 */
public final class UpdateProbe implements TrainingListener {
  /** At so many steps, evenly spread, updates are measured. */
  private static final int SAMPLES = 16;

  private final RunSpec spec;
  private final Dataset dataset;
  private final LearningRates rates;
  private final long stepsPerEpoch;
  private final List<String> names = new ArrayList<>();
  private final List<Shape> shapes = new ArrayList<>();
  private final List<List<UpdateRank>> updates = new ArrayList<>();
  private @Nullable TrainedLayers layers;
  private @Nullable TestAccuracy accuracy;

  /** Of each layer before a sampled step, and the gradient's in it. */
  private List<Matrix> before = List.of();

  private final List<@Nullable GradientRank> gradients = new ArrayList<>();

  /** Steps that have moved the weights. */
  private long done;

  /** For one training. */
  public UpdateProbe(RunSpec spec, Dataset dataset) {
    this.spec = spec;
    this.dataset = dataset;
    this.stepsPerEpoch = ((long) dataset.train().size() + spec.batchSize() - 1) / spec.batchSize();
    this.rates = LearningRates.of(spec.optimizer(), spec.epochs(), stepsPerEpoch);
  }

  @Override
  public void onStart(TrainedLayers trained, Consumer<GradientListener> listeners, int epoch) {
    TheoryPlan.requireFirstStep(epoch);
    layers = trained;
    for (int layer = 0; layer < trained.names().size(); layer++) {
      Matrix weight = trained.weight(layer);
      names.add(trained.names().get(layer));
      shapes.add(
          new Shape(
              weight.rows(), weight.cols(), trained.positions(layer), trained.knowsFactors()));
      updates.add(new ArrayList<>());
    }
    listeners.accept(new Gradients());
    prepare();
  }

  /** Hears of the gradients of step {@code done + 1}, layer by layer in any order. */
  private final class Gradients implements GradientListener {
    @Override
    public void onFactors(int layer, GradientFactors factors) {
      if (isSampled(done + 1)) {
        Shape shape = shapes.get(layer);
        int rows = factors.rows();
        float[] deltas = new float[rows * shape.rows()];
        float[] inputs = new float[rows * shape.cols()];
        for (int row = 0; row < rows; row++) {
          factors.copyDelta(row, deltas, row * shape.rows());
          factors.copyInputs(row, inputs, row * shape.cols());
        }
        Matrix delta = Matrix.of(rows, shape.rows(), deltas);
        Matrix input = Matrix.of(rows, shape.cols(), inputs);
        if (delta.isFinite() && input.isFinite()) {
          gradients.set(layer, GradientRank.ofFactors(names.get(layer), done + 1, delta, input));
        }
      }
    }

    @Override
    public void onGradient(int layer, Supplier<Matrix> gradient) {
      if (isSampled(done + 1)) {
        Matrix found = gradient.get();
        if (found.isFinite()) {
          gradients.set(
              layer,
              GradientRank.ofMatrix(names.get(layer), done + 1, found, uses(layer, done + 1)));
        }
      }
    }
  }

  /** b·R, with b the examples of the step's batch. */
  private long uses(int layer, long step) {
    long seen = (step - 1) % stepsPerEpoch * spec.batchSize();
    return Math.min(spec.batchSize(), dataset.train().size() - seen)
        * shapes.get(layer).positions();
  }

  private boolean isSampled(long step) {
    return TheoryPlan.isSampled(step, SAMPLES, rates.steps());
  }

  /** Copies W and forgets the last gradients where the next step is sampled. */
  private void prepare() {
    boolean wanted = isSampled(done + 1);
    before = wanted ? weights() : List.of();
    gradients.clear();
    before.forEach(weight -> gradients.add(null));
  }

  private List<Matrix> weights() {
    return IntStream.range(0, updates.size()).mapToObj(trained()::weight).toList();
  }

  @Override
  public void onStep(int epoch, int step, StepResult result) {
    done++;
    double kept = 1 - rates.at(done) * spec.optimizer().weightDecay();
    for (int layer = 0; layer < before.size(); layer++) {
      GradientRank gradient = gradients.get(layer);
      Matrix after = trained().weight(layer);
      if (gradient != null && after.isFinite()) {
        updates.get(layer).add(UpdateRank.of(before.get(layer), after, kept, gradient));
      }
    }
    prepare();
  }

  @Override
  public void onEpoch(EpochRecord record) {
    accuracy = TestAccuracy.of(record.epoch(), record.test().accuracy(), dataset.test());
  }

  private TrainedLayers trained() {
    return requireNonNull(layers, "layers of a training");
  }

  /** What was found. */
  public UpdateReport report(RunOutcome outcome) {
    return new UpdateReport(
        UpdateReport.FORMAT_VERSION,
        spec,
        StepRecursion.whyNotModelled(spec.optimizer()),
        TheoryReport.outcome(outcome),
        requireNonNull(accuracy, "accuracy"),
        IntStream.range(0, updates.size()).mapToObj(this::found).toList());
  }

  private UpdateReport.Layer found(int layer) {
    Shape shape = shapes.get(layer);
    return new UpdateReport.Layer(
        names.get(layer), shape.rows(), shape.cols(), shape.positions(), updates.get(layer));
  }
}
