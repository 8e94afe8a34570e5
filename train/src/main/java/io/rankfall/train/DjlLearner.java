package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import ai.djl.training.loss.SoftmaxCrossEntropyLoss;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * An MLP trained by PyTorch's autograd through DJL.
 *
 * <p>Any number of these may be in use in a process, on any threads: {@link PyTorch} runs their
 * work one after another. A step fails while other code of the process has a DJL gradient collector
 * open.
 */
final class DjlLearner implements Learner {
  private static final int ALIGNMENT = 64;

  private final PyTorch pytorch;
  private final Mlp architecture;
  private final Sgd sgd;
  private final NDManager manager;
  private final MlpBlock mlp;
  private final List<NDArray> trained;
  private final ParameterStore parameters;
  private final Loss crossEntropy = new SoftmaxCrossEntropyLoss();

  private final float[] staged;
  private final ByteBuffer inputs;

  DjlLearner(Network initial, Sgd sgd, int batchSize) {
    this.pytorch = PyTorch.load();
    this.architecture = initial.architecture();
    this.sgd = sgd;
    this.manager = pytorch.newManager();
    this.mlp = pytorch.run("start", () -> new MlpBlock(initial, manager));
    this.trained = mlp.trained();
    this.parameters = new ParameterStore(manager, false);
    this.staged = new float[Math.max(batchSize, EVALUATION_BATCH) * architecture.inputs()];
    this.inputs =
        ByteBuffer.allocateDirect(staged.length * Float.BYTES + ALIGNMENT).alignedSlice(ALIGNMENT);
  }

  @Override
  public StepResult step(Batch batch, double learningRate) {
    return pytorch.run("step", () -> stepAlone(batch, learningRate));
  }

  private StepResult stepAlone(Batch batch, double learningRate) {
    try (NDManager scope = manager.newSubManager()) {
      decayVelocities();
      float[] logits = backward(inputs(batch, scope), labels(batch, scope));
      update(learningRate, scope);
      return result(batch, logits);
    }
  }

  /** PyTorch adds to the gradients it finds, so they are kept as momentum's velocities v. */
  private void decayVelocities() {
    for (NDArray parameter : trained) {
      try (NDArray velocity = parameter.getGradient()) {
        velocity.muli(sgd.momentum());
      }
    }
  }

  /** v ← v + G; returns the logits. */
  private float[] backward(NDArray x, NDArray labels) {
    List<NDArray> running = mlp.runningVariances();
    if (x.getShape().get(0) > 1 || running.isEmpty()) {
      return collect(x, labels);
    }
    // PyTorch refuses to normalise a single example. Twice the same one has the same mean, loss
    // and gradients; the running variances keep their values, for one example has no variance.
    List<NDArray> kept = running.stream().map(NDArray::duplicate).toList();
    float[] logits = collect(x.concat(x), labels.concat(labels));
    for (int i = 0; i < kept.size(); i++) {
      running.get(i).set(new NDIndex(":"), kept.get(i));
      kept.get(i).close();
    }
    return logits;
  }

  private float[] collect(NDArray x, NDArray labels) {
    try (GradientCollector collector = pytorch.newGradientCollector()) {
      NDList logits = forward(x, Mode.TRAINING);
      collector.backward(crossEntropy.evaluate(new NDList(labels), logits));
      return logits.singletonOrThrow().toFloatArray();
    }
  }

  /** v ← v + wd·w, w ← w − μ·v. */
  private void update(double learningRate, NDManager scope) {
    for (NDArray parameter : trained) {
      NDArray velocity = parameter.getGradient();
      velocity.attach(scope);
      if (sgd.weightDecay() > 0) {
        try (NDArray decay = parameter.mul(sgd.weightDecay())) {
          velocity.addi(decay);
        }
      }
      try (NDArray change = velocity.mul(learningRate)) {
        parameter.subi(change);
      }
    }
  }

  private StepResult result(Batch batch, float[] logits) {
    int classes = architecture.outputs();
    double loss = 0;
    int correct = 0;
    for (int i = 0; i < batch.size(); i++) {
      correct += Softmax.argmax(logits, i * classes, classes) == batch.label(i) ? 1 : 0;
      loss += Softmax.crossEntropy(logits, i * classes, classes, batch.label(i));
    }
    return new StepResult(loss / batch.size(), correct);
  }

  private enum Mode {
    TRAINING,
    EVALUATION
  }

  private NDArray inputs(Batch batch, NDManager scope) {
    int count = batch.size() * architecture.inputs();
    batch.copyInputs(staged);
    ByteBuffer rows = inputs.slice(0, count * Float.BYTES).order(ByteOrder.nativeOrder());
    rows.asFloatBuffer().put(staged, 0, count);
    return scope.create(rows, new Shape(batch.size(), architecture.inputs()), DataType.FLOAT32);
  }

  private static NDArray labels(Batch batch, NDManager scope) {
    long[] labels = new long[batch.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = batch.label(i);
    }
    return scope.create(labels);
  }

  private NDList forward(NDArray x, Mode mode) {
    return mlp.block().forward(parameters, new NDList(x), mode == Mode.TRAINING);
  }

  @Override
  public float[] logits(Batch batch) {
    return pytorch.run(
        "evaluation",
        () -> {
          try (NDManager scope = manager.newSubManager()) {
            return forward(inputs(batch, scope), Mode.EVALUATION).singletonOrThrow().toFloatArray();
          }
        });
  }

  @Override
  public Network network() {
    return pytorch.run("copy", mlp::network);
  }

  @Override
  public void close() {
    manager.close();
  }
}
