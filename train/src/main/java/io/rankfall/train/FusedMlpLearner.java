package io.rankfall.train;

import io.rankfall.spectra.OpenBlas;
import java.util.ArrayList;
import java.util.List;

/**
 * An MLP trained by hand-written steps: per layer one matrix product forward, one for the gradient
 * of its inputs and one that adds the rank-B update to the weights, so the gradient of a weight
 * matrix is never stored.
 *
 * <p>Weights and the factors of every product live off the heap; what lies between two products
 * (biases, normalisation, ReLU and their gradients) runs over small heap arrays that stay in the
 * cache.
 */
final class FusedMlpLearner implements Learner {
  private final Mlp architecture;
  private final List<DenseLayer> layers = new ArrayList<>();

  FusedMlpLearner(Network initial, Sgd sgd, int batchSize) {
    this.architecture = initial.architecture();
    int maxRows = Math.max(batchSize, EVALUATION_BATCH);
    OpenBlas blas = OpenBlas.load();
    for (int l = 0; l < initial.layers().size(); l++) {
      DenseLayer.Activation activation =
          l == initial.layers().size() - 1
              ? DenseLayer.Activation.NONE
              : DenseLayer.Activation.RELU;
      layers.add(new DenseLayer(blas, initial.layers().get(l), activation, maxRows, sgd));
    }
  }

  @Override
  public StepResult step(Batch batch, double learningRate) {
    int rows = batch.size();
    batch.copyInputs(layers.get(0).stageInputs(rows));
    float[] logits = forward(rows, DenseLayer.Mode.TRAINING);
    int classes = architecture.outputs();
    double loss = 0;
    int correct = 0;
    for (int i = 0; i < rows; i++) {
      int label = batch.label(i);
      correct += Softmax.argmax(logits, i * classes, classes) == label ? 1 : 0;
      loss += Softmax.gradient(logits, i * classes, classes, label, 1.0 / rows);
    }
    for (int l = layers.size() - 1; l >= 0; l--) {
      layers.get(l).backward(rows, learningRate, l == 0 ? null : layers.get(l - 1));
    }
    return new StepResult(loss / rows, correct);
  }

  private float[] forward(int rows, DenseLayer.Mode mode) {
    for (int l = 0; l < layers.size(); l++) {
      layers.get(l).forward(rows, mode, l + 1 == layers.size() ? null : layers.get(l + 1));
    }
    return layers.get(layers.size() - 1).outputs();
  }

  @Override
  public float[] logits(Batch batch) {
    batch.copyInputs(layers.get(0).stageInputs(batch.size()));
    return forward(batch.size(), DenseLayer.Mode.EVALUATION);
  }

  @Override
  public Network network() {
    return new Network(architecture, layers.stream().map(DenseLayer::snapshot).toList());
  }

  @Override
  public void close() {
    layers.forEach(DenseLayer::close);
  }
}
