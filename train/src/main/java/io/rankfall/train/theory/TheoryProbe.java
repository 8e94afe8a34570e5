package io.rankfall.train.theory;

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
import io.rankfall.train.theory.TheoryReport.FadingPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds the theory against a training while it runs. The training does not notice: its bits are the
 * same without it.
 *
 * <pre>{@code
 * TheoryProbe probe = new TheoryProbe(spec, dataset, TheorySettings.DEFAULT);
 * Run run = trainer.train(spec, probe);
 * TheoryReport report = probe.report(run.outcome());
 * }</pre>
 */
public final class TheoryProbe implements TrainingListener {
  /** Of the curve of fading weights. */
  private static final int FADING_POINTS = 60;

  /** A curve over more steps than this has little to show. */
  private static final long FADING_STEPS = 1 << 20;

  private final RunSpec spec;
  private final Dataset dataset;
  private final int examples;
  private final TheorySettings settings;
  private final List<LayerProbe> layers = new ArrayList<>();
  private final List<Shape> shapes = new ArrayList<>();
  private @Nullable TheoryPlan plan;
  private @Nullable TestAccuracy accuracy;
  private @Nullable TrainedLayers trained;
  private boolean matrices;

  /** Steps that have moved the weights. */
  private long done;

  /**
   * For one training.
   *
   * @param spec of that training
   * @param dataset that it is trained and tested on
   * @throws IllegalArgumentException in one line, if the optimizer does what {@link
   *     StepRecursion#requireModelled} knows no recursion for
   */
  public TheoryProbe(RunSpec spec, Dataset dataset, TheorySettings settings) {
    StepRecursion.requireModelled(spec.optimizer(), spec.epochs());
    this.spec = spec;
    this.dataset = dataset;
    this.examples = dataset.train().size();
    this.settings = settings;
  }

  /**
   * Prepares for the first step.
   *
   * @throws IllegalArgumentException in one line, if the training goes on from a checkpoint: the
   *     steps before are not there to be seen
   */
  @Override
  public void onStart(TrainedLayers layers, Consumer<GradientListener> gradients, int epoch) {
    TheoryPlan.requireFirstStep(epoch);
    trained = layers;
    List<String> names = layers.names();
    boolean factored = layers.knowsFactors();
    for (int l = 0; l < names.size(); l++) {
      Matrix weight = layers.weight(l);
      shapes.add(new Shape(weight.rows(), weight.cols(), layers.positions(l), factored));
    }
    TheoryPlan made = new TheoryPlan(spec, examples, settings, shapes);
    plan = made;
    for (int l = 0; l < names.size(); l++) {
      this.layers.add(
          new LayerProbe(
              names.get(l), shapes.get(l), spec.optimizer(), spec.batchSize(), made, settings));
    }
    look(made, layers);
    gradients.accept(new Gradients(made));
  }

  /** Hears of the gradients of step {@code done + 1}. */
  private final class Gradients implements GradientListener {
    private final TheoryPlan plan;

    Gradients(TheoryPlan plan) {
      this.plan = plan;
    }

    @Override
    public void onFactors(int layer, GradientFactors factors) {
      layers.get(layer).gradient(done + 1, factors);
    }

    @Override
    public void onGradient(int layer, Supplier<Matrix> gradient) {
      matrices = true;
      long step = done + 1;
      if (layers.get(layer).looksAt(step)) {
        long inEpoch = (step - 1) % plan.stepsPerEpoch();
        int rows = (int) Math.min(spec.batchSize(), examples - inEpoch * spec.batchSize());
        layers.get(layer).gradient(step, gradient.get(), rows);
      } else {
        layers.get(layer).skip();
      }
    }
  }

  /** Norms and copies of the weights where the plan wants them. */
  private void look(TheoryPlan plan, TrainedLayers trained) {
    boolean norm = done == 0 || plan.measuresNorm(done);
    for (int l = 0; l < layers.size(); l++) {
      if (norm) {
        layers.get(l).norm(done, trained.norm(l));
      }
      if (plan.unrolling().copiesWeights(done)) {
        layers.get(l).copy(done, trained.weight(l));
      }
      if (plan.measuresVelocity(done + 1)) {
        layers.get(l).approach(trained.weight(l));
      }
      if (plan.measuresVelocity(done)) {
        layers.get(l).velocity(done, trained.weight(l));
      }
    }
  }

  @Override
  public void onStep(int epoch, int step, StepResult result) {
    done++;
    TheoryPlan plan = started(this.plan);
    TrainedLayers trained = started(this.trained);
    if (step == 1 && plan.measuresMovement()) {
      for (int l = 0; l < layers.size(); l++) {
        layers.get(l).moved(done, trained.weight(l));
      }
    }
    look(plan, trained);
  }

  @Override
  public void onEpoch(EpochRecord record) {
    TrainedLayers trained = started(this.trained);
    accuracy = TestAccuracy.of(record.epoch(), record.test().accuracy(), dataset.test());
    for (int l = 0; l < layers.size(); l++) {
      int layer = l;
      layers
          .get(l)
          .epoch(
              record.epoch(),
              done,
              trained.norm(l),
              record.layers().get(l).spectrum(),
              () -> trained.weight(layer));
    }
  }

  private static <T> T started(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("theory: expected a training, found none started");
    }
    return part;
  }

  /** What was found. */
  public TheoryReport report(RunOutcome outcome) {
    TheoryPlan plan = started(this.plan);
    double rate = plan.rates().at(plan.lastStep());
    long numbers = shapes.stream().mapToLong(shape -> shape.numbersAStep(spec.batchSize())).sum();
    return new TheoryReport(
        TheoryReport.FORMAT_VERSION,
        spec,
        plan.stepsPerEpoch(),
        plan.lastStep(),
        TheoryReport.outcome(outcome),
        started(accuracy),
        settings,
        spec.optimizer().lambda(),
        rate * spec.optimizer().weightDecay(),
        plan.recursion().spectralRadius(rate),
        settings.epsilons().stream().map(epsilon -> plan.window(plan.lastStep(), epsilon)).toList(),
        fading(plan),
        plan.unrolling().rememberedSteps(),
        Float.BYTES * numbers * plan.unrolling().rememberedSteps(),
        layers.stream().map(LayerProbe::found).toList(),
        notes(plan));
  }

  private List<FadingPoint> fading(TheoryPlan plan) {
    double smallest = settings.epsilons().stream().mapToDouble(e -> e).min().orElse(1);
    Long window = plan.window(plan.lastStep(), smallest).steps();
    long steps = Math.min(FADING_STEPS, window == null ? plan.lastStep() : window);
    Fading fading = new Fading(plan.recursion(), plan.rates(), plan.lastStep());
    List<FadingPoint> points = new ArrayList<>();
    for (int k = 0; k <= FADING_POINTS; k++) {
      long at = 1 + (steps - 1) * k / FADING_POINTS;
      while (fading.steps() < at - 1) {
        fading.back();
      }
      if (points.isEmpty() || points.get(points.size() - 1).stepsBack() < at) {
        points.add(new FadingPoint(at, Math.abs(fading.last())));
      }
    }
    return points;
  }

  private List<String> notes(TheoryPlan plan) {
    List<String> notes = new ArrayList<>();
    if (settings.depth() == TheorySettings.Depth.LIGHT) {
      notes.add(
          "Of costly checks no more than a hundredth of the steps: gradient ranks at %,d of %,d steps,"
                  .formatted(
                      layers.stream().mapToInt(LayerProbe::sampledGradients).max().orElse(0), done)
              + " the identity over up to %,d steps, no movement."
                  .formatted(plan.unrolling().rememberedSteps()));
    }
    if (spec.optimizer().weightDecay() == 0) {
      notes.add("Without weight decay nothing fades: the window is infinite, and no rank follows.");
    }
    if (matrices) {
      notes.add(
          "PyTorch gives gradients as rounded matrices: their ranks are counted above"
              + " max(d_out, d_in)·2^-23·σ₁, and the rounding in premises is estimated.");
    }
    if (spec.architecture().graph().normalizesBatches()) {
      notes.add(
          "Behind a layer with batch normalisation its scale does not matter: gradients are"
              + " orthogonal to the weights, and the norm settles where growth and decay meet.");
    }
    Long longest =
        settings.epsilons().stream()
            .map(epsilon -> plan.window(plan.lastStep(), epsilon).steps())
            .reduce(0L, (a, b) -> a == null || b == null ? null : Math.max(a, b));
    if (settings.witnessPoints() > 0
        && longest != null
        && plan.unrolling().rememberedSteps() < Math.min(longest, plan.lastStep())) {
      notes.add(
          "The witness reaches %,d steps back, not the whole window of %,d: more memory reaches further."
              .formatted(plan.unrolling().rememberedSteps(), longest));
    }
    return notes;
  }
}
