package io.rankfall.train.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.spectra.RankRule;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Run;
import io.rankfall.train.RunSpec;
import io.rankfall.train.TrainingListener;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mlflow.api.proto.Service;
import org.mlflow.tracking.MlflowClient;

/** What is told is read back by MLflow's own client. */
class MlflowRunTest {
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final List<String> troubles = Collections.synchronizedList(new ArrayList<>());

  @SuppressWarnings("NullAway.Init")
  private MlflowStandIn mlflow;

  @BeforeEach
  void start() throws IOException {
    mlflow = new MlflowStandIn();
  }

  @AfterEach
  void stop() {
    mlflow.close();
  }

  private MlflowServer server() {
    return new MlflowServer(mlflow.address(), MlflowCredentials.NONE, PATIENCE);
  }

  private MlflowRun start(RunSpec spec) throws Exception {
    return MlflowRun.start(server(), "ranks", TrackedRun.of("first", spec), troubles::add);
  }

  private MlflowClient client() {
    return new MlflowClient(mlflow.address().toString());
  }

  private static Map<String, String> params(Service.Run run) {
    Map<String, String> params = new java.util.HashMap<>();
    run.getData().getParamsList().forEach(p -> params.put(p.getKey(), p.getValue()));
    return params;
  }

  private static String tag(Service.Run run, String key) {
    return run.getData().getTagsList().stream()
        .filter(tag -> tag.getKey().equals(key))
        .map(Service.RunTag::getValue)
        .findFirst()
        .orElse("");
  }

  @Test
  void aTrainingIsReadBackByMlflowsClient() throws Exception {
    RunSpec spec = Trainings.spec(0.1, 3);
    Run run;
    String id;
    try (MlflowRun tracker = start(spec)) {
      id = tracker.runId();
      run = Trainings.trainer().train(spec, tracker);
      tracker.end(RunEnd.of(run.outcome()));
    }
    assertThat(troubles).isEmpty();
    try (MlflowClient client = client()) {
      Service.Run read = client.getRun(id);
      assertThat(read.getInfo().getRunName()).isEqualTo("first");
      assertThat(read.getInfo().getStatus()).isEqualTo(Service.RunStatus.FINISHED);
      assertThat(read.getInfo().getEndTime()).isGreaterThanOrEqualTo(read.getInfo().getStartTime());
      assertThat(client.getExperimentByName("ranks").orElseThrow().getExperimentId())
          .isEqualTo(read.getInfo().getExperimentId());
      assertThat(params(read))
          .containsEntry("batchSize", "32")
          .containsEntry("optimizer.weightDecay", "0.001")
          .containsEntry("run", spec.id());
      assertThat(tag(read, "rankfall.outcome")).isEqualTo("COMPLETED");
      for (EpochRecord epoch : run.epochs()) {
        assertThat(at(client, id, "loss/test", epoch.epoch())).isEqualTo(epoch.test().loss());
        assertThat(at(client, id, "rank_1e-2/fc1", epoch.epoch()))
            .isEqualTo(epoch.layers().get(0).spectrum().rank(RankRule.FROBENIUS_HUNDREDTH));
      }
      assertThat(client.getMetricHistory(id, "accuracy/train")).hasSize(3);
    }
  }

  private static double at(MlflowClient client, String run, String key, int step) {
    return client.getMetricHistory(run, key).stream()
        .filter(metric -> metric.getStep() == step)
        .mapToDouble(Service.Metric::getValue)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aSecondRunJoinsTheExperimentAndADivergedOneSaysSo() throws Exception {
    start(Trainings.spec(0.1, 1)).end(new RunEnd.Finished());
    RunSpec spec = Trainings.diverging();
    MlflowRun tracker = start(spec);
    Run run = Trainings.trainer().train(spec, tracker);
    tracker.end(RunEnd.of(run.outcome()));
    try (MlflowClient client = client()) {
      Service.Run read = client.getRun(tracker.runId());
      assertThat(read.getInfo().getExperimentId()).isEqualTo("1");
      assertThat(read.getInfo().getStatus()).isEqualTo(Service.RunStatus.FAILED);
      assertThat(tag(read, "rankfall.outcome")).isEqualTo("DIVERGED");
      assertThat(tag(read, "rankfall.diverged")).startsWith("epoch 1, step ");
    }
  }

  @Test
  void aRunThatIsNotEndedHasFailedAndOneThatIsKilledSaysSo() throws Exception {
    MlflowRun broken = start(Trainings.spec(0.1, 1));
    broken.close();
    MlflowRun killed = start(Trainings.spec(0.1, 1));
    killed.end(new RunEnd.Killed());
    try (MlflowClient client = client()) {
      assertThat(client.getRun(broken.runId()).getInfo().getStatus())
          .isEqualTo(Service.RunStatus.FAILED);
      assertThat(client.getRun(killed.runId()).getInfo().getStatus())
          .isEqualTo(Service.RunStatus.KILLED);
    }
  }

  @Test
  void whatAServerMissedIsSentOnceItAnswersAgain() throws Exception {
    RunSpec spec = Trainings.spec(0.1, 3);
    AtomicInteger batches = new AtomicInteger();
    MlflowRun tracker = start(spec);
    mlflow.fail(
        path -> path.equals("runs/log-batch") && batches.incrementAndGet() <= 2 ? 503 : 200);
    Run run = Trainings.trainer().train(spec, tracker);
    tracker.end(RunEnd.of(run.outcome()));
    assertThat(troubles)
        .singleElement()
        .asString()
        .contains("found HTTP 503 INTERNAL_ERROR injected; the training goes on")
        .doesNotContain("\n");
    try (MlflowClient client = client()) {
      assertThat(client.getMetricHistory(tracker.runId(), "loss/test")).hasSize(4);
    }
  }

  @Test
  void aServerThatHangsCostsTheTrainingNothingAndTheEndLittle() throws Exception {
    RunSpec spec = Trainings.spec(0.1, 3);
    MlflowRun tracker = start(spec);
    mlflow.fail(
        path -> {
          Thread.sleep(60_000);
          return 200;
        });
    Run run = Trainings.trainer().train(spec, tracker);
    assertThat(run.epochs())
        .isEqualTo(Trainings.trainer().train(spec, TrainingListener.NONE).epochs());
    tracker.end(RunEnd.of(run.outcome()));
    assertThat(troubles).hasSize(1);
  }

  @Test
  void aServerThatIsNotThereIsRefusedBeforeTheTraining() throws Exception {
    MlflowServer gone = server();
    mlflow.close();
    assertThatThrownBy(
            () ->
                MlflowRun.start(
                    gone, "ranks", TrackedRun.of("x", Trainings.spec(0.1, 1)), troubles::add))
        .isInstanceOf(IOException.class)
        .hasMessage(
            mlflow.address()
                + ": expected an MLflow server's answer to experiments/get-by-name, found"
                + " connection refused");
    assertThatThrownBy(() -> MlflowServer.at(URI.create("localhost:5000")))
        .hasMessageContaining("expected an address such as http://localhost:5000");
    assertThatThrownBy(() -> MlflowServer.at(URI.create("http://me:secret@host")))
        .message()
        .doesNotContain("secret");
  }

  @Test
  void credentialsAreSentAsMlflowsOwnClientDoes() throws Exception {
    Map<String, String> environment =
        Map.of("MLFLOW_TRACKING_USERNAME", "me", "MLFLOW_TRACKING_PASSWORD", "secret");
    MlflowServer server =
        new MlflowServer(mlflow.address(), MlflowCredentials.of(environment), PATIENCE);
    MlflowRun.start(server, "ranks", TrackedRun.of("x", Trainings.spec(0.1, 1)), troubles::add)
        .end(new RunEnd.Finished());
    assertThat(mlflow.authorizations()).containsOnly("Basic bWU6c2VjcmV0");
    assertThat(MlflowCredentials.of(Map.of("MLFLOW_TRACKING_TOKEN", "t")).authorization())
        .contains("Bearer t");
  }
}
