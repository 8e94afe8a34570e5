package io.rankfall.benchmarks.peers;

import io.rankfall.train.Batch;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepSchedule;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The training steps of one MLP: SGD on mini-batches that are gathered from a shuffled data set.
 *
 * @param name as the literature has it
 */
record Steps(String name, Mlp architecture, int batch, double momentum) {
  static final double LEARNING_RATE = 0.01;
  static final double WEIGHT_DECAY = 5e-4;

  /** Ten hidden layers of width 100 with batch normalisation: MLP-BN-10-100 of the paper. */
  static Steps mlpBn(int inputs, int batch, double momentum) {
    Mlp mlp = new Mlp(inputs, Collections.nCopies(10, 100), 10, Mlp.Normalization.BATCH);
    return new Steps("MLP-BN-10-100, %d inputs".formatted(inputs), mlp, batch, momentum);
  }

  /** Three hidden layers of width 512. */
  static Steps mlp512(int batch, double momentum) {
    Mlp mlp = new Mlp(784, List.of(512, 512, 512), 10, Mlp.Normalization.NONE);
    return new Steps("MLP 784-512-512-512-10", mlp, batch, momentum);
  }

  /** One hidden layer of width 1,024. */
  static Steps mlp1024(int batch, double momentum) {
    Mlp mlp = new Mlp(784, List.of(1024), 10, Mlp.Normalization.NONE);
    return new Steps("MLP 784-1024-10", mlp, batch, momentum);
  }

  String label() {
    return "step %s, B=%d%s".formatted(name, batch, momentum == 0 ? "" : ", momentum");
  }

  Optimizer optimizer() {
    return new Optimizer(LEARNING_RATE, WEIGHT_DECAY, momentum, StepSchedule.CONSTANT);
  }

  /** Our fused learner. */
  Contender ours(Examples examples) {
    Learner learner =
        LearnerKind.FUSED.start(
            architecture.initialize(Initialization.PYTORCH, 1), optimizer(), batch);
    Batches batches = new Batches(examples, batch);
    return new Contender() {
      @Override
      public double measure(double seconds) throws Exception {
        return Contender.repeat(() -> learner.step(batches.next(), LEARNING_RATE), seconds);
      }

      @Override
      public void close() {
        learner.close();
      }
    };
  }

  /** The request to {@code peers.py}. */
  Map<String, ?> request(Inputs inputs) {
    Map<String, Object> request = new HashMap<>();
    request.put("net", "mlp");
    request.put("inputs", architecture.inputs());
    request.put("width", architecture.hidden().get(0));
    request.put("depth", architecture.hidden().size());
    request.put("batchNorm", architecture.normalization() == Mlp.Normalization.BATCH);
    request.put("batch", batch);
    request.put("learningRate", LEARNING_RATE);
    request.put("momentum", momentum);
    request.put("weightDecay", WEIGHT_DECAY);
    request.put("inputsFile", inputs.inputs(architecture.inputs()).toString());
    request.put("labelsFile", inputs.labels().toString());
    return request;
  }

  /** Endless shuffled mini-batches. */
  static final class Batches {
    private final Examples examples;
    private final int[] order;
    private final int size;
    private int position;

    Batches(Examples examples, int size) {
      this.examples = examples;
      this.size = size;
      this.order = new int[examples.size()];
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < order.length; i++) {
        int j = random.nextInt(i + 1);
        order[i] = order[j];
        order[j] = i;
      }
    }

    Batch next() {
      position = (position + size) % (order.length - size);
      int[] chosen = new int[size];
      System.arraycopy(order, position, chosen, 0, size);
      return Batch.of(examples, chosen);
    }
  }
}
