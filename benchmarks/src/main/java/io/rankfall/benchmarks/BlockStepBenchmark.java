package io.rankfall.benchmarks;

import io.rankfall.train.Architecture;
import io.rankfall.train.Batch;
import io.rankfall.train.Examples;
import io.rankfall.train.Initialization;
import io.rankfall.train.InputShape;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepResult;
import io.rankfall.train.StepSchedule;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Milliseconds of a step of ResNet-18 with momentum and decay on 3 × 32 × 32 images of noise, one
 * thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 15)
@Fork(1)
public class BlockStepBenchmark {
  private static final int FEATURES = 3 * 32 * 32;
  private static final int CLASSES = 10;

  @Param({"16", "128"})
  public int batchSize;

  private Learner learner;
  private Batch batch;

  @SuppressWarnings("NullAway.Init")
  public BlockStepBenchmark() {}

  @Setup
  public void start() {
    Optimizer optimizer = new Optimizer(0.1, 5e-4, 0.9, StepSchedule.CONSTANT);
    learner =
        LearnerKind.DJL.start(
            Architecture.named("resnet18", new InputShape(3, 32, 32), CLASSES)
                .initialize(Initialization.HE, 1),
            optimizer,
            batchSize);
    SplittableRandom random = new SplittableRandom(1);
    float[] inputs = new float[batchSize * FEATURES];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = (float) random.nextGaussian();
    }
    byte[] labels = new byte[batchSize];
    for (int i = 0; i < batchSize; i++) {
      labels[i] = (byte) (i % CLASSES);
    }
    batch = Batch.range(Examples.of(FEATURES, CLASSES, inputs, labels), 0, batchSize);
  }

  @Benchmark
  public StepResult step() {
    return learner.step(batch, 0.1);
  }

  @TearDown
  public void stop() {
    learner.close();
  }
}
