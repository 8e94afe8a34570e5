package io.rankfall.train;

import io.rankfall.spectra.Blas;
import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An MLP trained by hand-written steps: per layer one matrix product forward, one for the gradient
 * of its inputs and one that adds the rank-B update to the weights, so the gradient of a weight
 * matrix is never stored.
 */
final class FusedMlpLearner implements Learner {
  private final Mlp architecture;
  private final Loss loss;
  private final List<DenseLayer> layers = new ArrayList<>();
  private GradientListener listener = GradientListener.NONE;

  FusedMlpLearner(Network initial, Optimizer optimizer, Loss loss, int batchSize) {
    this(initial, optimizer, loss, batchSize, Blas.load());
  }

  FusedMlpLearner(Network initial, Optimizer optimizer, Loss loss, int batchSize, Blas blas) {
    if (!(initial.architecture() instanceof Mlp mlp)) {
      throw new IllegalArgumentException(
          "learner FUSED: expected a plain MLP, found %s"
              .formatted(initial.architecture().label()));
    }
    this.loss = loss;
    this.architecture = mlp;
    List<Network.Layer> initialLayers = initial.layers();
    int maxRows = Math.max(batchSize, EVALUATION_BATCH);
    DenseLayer previous = null;
    for (int l = 0; l < initialLayers.size(); l++) {
      DenseLayer.Activation activation =
          l == initialLayers.size() - 1 ? DenseLayer.Activation.NONE : DenseLayer.Activation.RELU;
      previous =
          new DenseLayer(
              blas, initialLayers.get(l), activation, batchSize, maxRows, optimizer, previous);
      layers.add(previous);
    }
  }

  @Override
  public StepResult step(Batch batch, double learningRate) {
    int rows = batch.size();
    int classes = architecture.outputs();
    DenseLayer last = forward(batch, DenseLayer.Mode.TRAINING);
    double sum = 0;
    int correct = 0;
    for (int i = 0; i < rows; i++) {
      int label = batch.label(i);
      float[] logits = last.outputs()[last.tile().tileOf(i)];
      int offset = last.tile().offsetOf(i);
      correct += Softmax.argmax(logits, offset, classes) == label ? 1 : 0;
      sum += batch.gradient(loss, i, logits, offset, 1.0 / rows);
    }
    for (int l = layers.size() - 1; l >= 0; l--) {
      layers.get(l).backward(rows, learningRate);
    }
    if (listener != GradientListener.NONE) {
      for (int l = 0; l < layers.size(); l++) {
        listener.onFactors(l, layers.get(l).factors(rows));
      }
    }
    return new StepResult(sum / rows, correct);
  }

  /** The last layer, holding the logits. */
  private DenseLayer forward(Batch batch, DenseLayer.Mode mode) {
    batch.copyInputs(layers.get(0).inputs());
    for (int l = 0; l < layers.size(); l++) {
      @Nullable DenseLayer next = l + 1 == layers.size() ? null : layers.get(l + 1);
      layers.get(l).forward(batch.size(), mode, next);
    }
    return layers.get(layers.size() - 1);
  }

  @Override
  public float[] logits(Batch batch) {
    DenseLayer last = forward(batch, DenseLayer.Mode.EVALUATION);
    Tile tile = last.tile();
    int classes = architecture.outputs();
    float[] logits = new float[batch.size() * classes];
    for (int i = 0; i < batch.size(); i++) {
      System.arraycopy(
          last.outputs()[tile.tileOf(i)], tile.offsetOf(i), logits, i * classes, classes);
    }
    return logits;
  }

  @Override
  public Loss loss() {
    return loss;
  }

  @Override
  public Network network() {
    return new Network(architecture, layers.stream().map(DenseLayer::snapshot).toList());
  }

  @Override
  public List<String> names() {
    return layers.stream().map(DenseLayer::name).toList();
  }

  @Override
  public Matrix weight(int layer) {
    return layers.get(layer).weight();
  }

  @Override
  public double norm(int layer) {
    return layers.get(layer).weightNorm();
  }

  @Override
  public int positions(int layer) {
    return 1;
  }

  @Override
  public boolean knowsFactors() {
    return true;
  }

  @Override
  public void listen(GradientListener listener) {
    this.listener = listener;
  }

  @Override
  public LearnerState state() {
    LearnerState.Writer writer = new LearnerState.Writer();
    layers.forEach(layer -> layer.save(writer));
    return writer.state();
  }

  @Override
  public void restore(LearnerState state) {
    layers.forEach(layer -> layer.restore(state));
  }

  @Override
  public void close() {
    layers.forEach(DenseLayer::close);
  }
}
