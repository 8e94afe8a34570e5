package io.rankfall.benchmarks;

import io.rankfall.train.Batch;
import io.rankfall.train.Dataset;
import io.rankfall.train.Initialization;
import io.rankfall.train.Learner;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.StepResult;
import io.rankfall.train.StepSchedule;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
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

/** Training steps a second, one thread, on real images. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class LearnerStepBenchmark {
  /** Three hidden layers of width 512, or ten of width 100 with batch normalisation. */
  @Param({"MLP_3_512", "MLP_BN_10_100"})
  public String net = "MLP_3_512";

  @Param({"4", "16", "128"})
  public int batchSize;

  @Param({"FUSED", "DJL"})
  public LearnerKind engine = LearnerKind.FUSED;

  @Param({"0", "0.9"})
  public double momentum;

  private Dataset dataset;
  private Learner learner;
  private int from;

  @SuppressWarnings("NullAway.Init")
  public LearnerStepBenchmark() {}

  @Setup
  public void start() throws IOException {
    dataset = FashionMnist.load();
    Optimizer optimizer = new Optimizer(0.01, 5e-4, momentum, StepSchedule.CONSTANT);
    Mlp architecture =
        net.equals("MLP_3_512")
            ? new Mlp(784, List.of(512, 512, 512), 10, Mlp.Normalization.NONE)
            : new Mlp(784, Collections.nCopies(10, 100), 10, Mlp.Normalization.BATCH);
    learner = engine.start(architecture.initialize(Initialization.HE, 1), optimizer, batchSize);
  }

  @Benchmark
  public StepResult step() {
    from = (from + batchSize) % (dataset.train().size() - batchSize);
    return learner.step(Batch.range(dataset.train(), from, batchSize), 0.01);
  }

  @TearDown
  public void stop() {
    learner.close();
  }
}
