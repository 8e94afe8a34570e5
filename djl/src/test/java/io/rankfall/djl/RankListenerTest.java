package io.rankfall.djl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankfall.djl.LayerRank.Measured;
import io.rankfall.djl.LayerRank.NonFinite;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RankListenerTest {
  private static final int BATCHES = 5;
  private static final RankRule RULE = new RankRule.SpectralRelative(0.3);

  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    // More threads than one wait for each other in such small steps.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
  }

  /** Trains the small network and gives its weights. */
  private static float[] train(int epochs, float learningRate, TrainingListener... listeners)
      throws Exception {
    try (Model model = Nets.model(Nets.cnn());
        Trainer trainer = Nets.trainer(model, learningRate, listeners)) {
      trainer.initialize(Nets.IMAGES);
      ArrayDataset data = Nets.data(trainer.getManager(), BATCHES);
      EasyTrain.fit(trainer, epochs, data, null);
      return Nets.weights(model.getBlock());
    }
  }

  @Test
  void ranksAreThoseOfTheWeightsBesideRandomOnes() throws Exception {
    List<String> lines = new ArrayList<>();
    RankListener ranks =
        RankListener.builder()
            .rule(RULE)
            .lines(lines::add)
            .spectra(RankListener.Spectra.KEPT)
            .build();
    List<List<Spectrum>> expected = new ArrayList<>();

    try (Model model = Nets.model(Nets.cnn());
        Trainer trainer = Nets.trainer(model, 0.1f, ranks)) {
      trainer.initialize(Nets.IMAGES);
      expected.add(spectra(model.getBlock()));
      ArrayDataset data = Nets.data(trainer.getManager(), BATCHES);
      EasyTrain.fit(trainer, 1, data, null);
      expected.add(spectra(model.getBlock()));
    }

    assertThat(ranks.history()).extracting(RankRecord::epoch).containsExactly(0, 1);
    assertThat(ranks.history()).extracting(RankRecord::batches).containsExactly(0L, 5L);
    assertThat(expected.get(0)).isNotEqualTo(expected.get(1));
    for (int i = 0; i < 2; i++) {
      RankRecord record = ranks.history().get(i);
      assertThat(record.rule()).isEqualTo(RULE);
      assertThat(record.layers())
          .extracting(LayerRank::name)
          .containsExactly("01Conv2d", "04Conv2d", "07Linear", "10Linear");
      for (int l = 0; l < 4; l++) {
        LayerRank layer = record.layers().get(l);
        Spectrum spectrum = expected.get(i).get(l);
        Measured measured = (Measured) layer.outcome();
        assertThat(measured.spectrum()).contains(spectrum);
        assertThat(measured.rank()).isEqualTo(spectrum.rank(RULE));
        assertThat(measured.stableRank()).isEqualTo(spectrum.stableRank());
        assertThat(measured.frobeniusNorm()).isEqualTo(spectrum.frobeniusNorm());
        assertThat(layer.randomRank())
            .isEqualTo(Spectrum.ofGaussian(layer.rows(), layer.cols(), 1).rank(RULE));
      }
    }
    LayerRank first = ranks.history().get(1).layers().get(0);
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1))
        .startsWith("epoch 1, batch 5: rank/random at σ/σ₁ > 3e-1: 01Conv2d ")
        .contains("%d/%d".formatted(((Measured) first.outcome()).rank(), first.randomRank()));
  }

  private static List<Spectrum> spectra(Block block) {
    return BlockWeights.of(block).stream().map(w -> Spectrum.of(w.matrix())).toList();
  }

  @Test
  void theTrainingGivesTheSameBits() throws Exception {
    float[] without = train(2, 0.1f);

    float[] with = train(2, 0.1f, RankListener.builder().everyBatches(1).lines(line -> {}).build());

    assertThat(with).isEqualTo(without);
  }

  @Test
  void everyFewBatchesAndOnceWhereAnEpochEnds() throws Exception {
    RankListener twos = RankListener.builder().everyBatches(2).lines(line -> {}).build();
    RankListener fives = RankListener.builder().everyBatches(5).lines(line -> {}).build();

    train(2, 0.1f, twos, fives);

    assertThat(twos.history())
        .extracting(RankRecord::batches)
        .containsExactly(0L, 2L, 4L, 5L, 6L, 8L, 10L);
    assertThat(twos.history()).extracting(RankRecord::epoch).containsExactly(0, 0, 0, 1, 1, 1, 2);
    assertThat(fives.history()).extracting(RankRecord::batches).containsExactly(0L, 5L, 10L);
    assertThat(twos.history().get(0).layers().get(0).outcome())
        .isInstanceOfSatisfying(Measured.class, m -> assertThat(m.spectrum()).isEmpty());
  }

  @Test
  void divergedWeightsAreAnOutcome(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("ranks.csv");
    List<String> lines = new ArrayList<>();
    RankListener ranks = RankListener.builder().log(log).lines(lines::add).build();

    train(1, 1e20f, ranks);

    RankRecord last = ranks.history().get(1);
    assertThat(ranks.history().get(0).isFinite()).isTrue();
    assertThat(last.isFinite()).isFalse();
    assertThat(last.layers()).extracting(LayerRank::outcome).contains(new NonFinite());
    assertThat(lines.get(1)).contains("01Conv2d NaN or Inf");
    assertThat(Files.readAllLines(log))
        .anyMatch(line -> line.startsWith("1,5,01Conv2d,8,18,NON_FINITE,"));
  }

  @Test
  void aCsvFileHasALineALayerAndGrowsByEpoch(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("ranks.csv");
    Files.writeString(log, "an older file, longer than the header of the new one".repeat(20));
    List<Integer> sizes = new ArrayList<>();
    TrainingListener reader =
        new TrainingListenerAdapter() {
          @Override
          public void onEpoch(Trainer trainer) {
            try {
              String content = Files.readString(log);
              assertThat(content).endsWith("\n");
              sizes.add((int) content.lines().count());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    RankListener ranks = RankListener.builder().log(log).lines(line -> {}).build();

    train(2, 0.1f, ranks, reader);

    assertThat(sizes).containsExactly(1 + 2 * 4, 1 + 3 * 4);
    List<String> lines = Files.readAllLines(log);
    assertThat(lines.get(0))
        .isEqualTo(
            "epoch,batches,layer,rows,cols,outcome,rule,rank,randomRank,stableRank,frobeniusNorm");
    LayerRank layer = ranks.history().get(2).layers().get(3);
    Measured measured = (Measured) layer.outcome();
    assertThat(lines.get(12))
        .isEqualTo(
            "2,10,10Linear,4,32,MEASURED,\"σ/‖W‖F > 1e-2\",%d,%d,%s,%s"
                .formatted(
                    measured.rank(),
                    layer.randomRank(),
                    measured.stableRank(),
                    measured.frobeniusNorm()));
  }

  @Test
  void jsonLinesHaveTheSpectraThatAreKept(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("ranks.jsonl");
    RankListener ranks =
        RankListener.builder()
            .log(log)
            .spectra(RankListener.Spectra.KEPT)
            .lines(line -> {})
            .build();

    train(1, 0.1f, ranks);

    List<String> lines = Files.readAllLines(log);
    assertThat(lines).hasSize(2);
    JsonNode layer = new ObjectMapper().readTree(lines.get(1)).get("layers").get(2);
    Measured measured = (Measured) ranks.history().get(1).layers().get(2).outcome();
    assertThat(layer.get("layer").asText()).isEqualTo("07Linear");
    assertThat(layer.get("rank").asInt()).isEqualTo(measured.rank());
    assertThat(layer.get("singularValues")).hasSize(32);
    assertThat((float) layer.get("singularValues").get(0).asDouble())
        .isEqualTo((float) measured.spectrum().orElseThrow().spectralNorm());
  }

  @Test
  void thePageCarriesItsChartAndItsData(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("ranks.html");

    train(2, 0.1f, RankListener.builder().page(page).everyBatches(2).lines(line -> {}).build());

    String html = Files.readString(page, UTF_8);
    assertThat(html.contains("echarts.init(")).isTrue();
    assertThat(html.contains("{{")).isFalse();
    assertThat(html.contains("<script src")).isFalse();
    assertThat(html.split("\"layer\":\"07Linear\"", -1)).hasSize(7 + 1);
    assertThat(folder.toFile().list()).containsExactly("ranks.html");
  }

  @Test
  void anUnwritableFileEndsTheTrainingBeforeItBegins(@TempDir Path folder) {
    RankListener ranks = RankListener.builder().log(folder.resolve("none/ranks.csv")).build();

    assertThatThrownBy(() -> train(1, 0.1f, ranks))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("none/ranks.csv: expected an existing directory");
    assertThatThrownBy(() -> RankListener.builder().log(Path.of("ranks.txt")))
        .hasMessage("log of ranks: expected a name that ends in .csv or .jsonl, found ranks.txt");
    assertThatThrownBy(() -> RankListener.builder().everyBatches(0))
        .hasMessage("batches between ranks: expected >= 1, found 0");
  }

  @Test
  void aFileThatIsLostLaterIsToldOnceAndTheTrainingGoesOn(@TempDir Path folder) throws Exception {
    Path logs = Files.createDirectory(folder.resolve("logs"));
    Path log = logs.resolve("ranks.csv");
    List<String> lines = new ArrayList<>();
    RankListener ranks = RankListener.builder().log(log).lines(lines::add).build();
    TrainingListener remover =
        new TrainingListenerAdapter() {
          @Override
          public void onEpoch(Trainer trainer) {
            log.toFile().delete();
            logs.toFile().delete();
          }
        };

    train(3, 0.1f, ranks, remover);

    assertThat(ranks.history()).hasSize(4);
    assertThat(lines).filteredOn(line -> line.startsWith("ranks are no longer written")).hasSize(1);
  }

  @Test
  void aModelThatDjlTrainsElsewhereIsNotMeasured() throws Exception {
    List<String> lines = new ArrayList<>();
    RankListener ranks = RankListener.builder().lines(lines::add).build();
    try (Model model = Nets.model(Nets.cnn())) {
      Nets.initialized(model.getBlock(), model.getNDManager(), Nets.IMAGES);
      Trainer trainer =
          model.newTrainer(
              new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                  .optDevices(new Device[] {Device.gpu(0), Device.gpu(1)}));
      ranks.onEpoch(trainer);
      ranks.onEpoch(trainer);
    }

    assertThat(ranks.history()).isEmpty();
    assertThat(lines)
        .containsExactly(
            "ranks are not measured: expected the model on a device of its training, [gpu(0), gpu(1)], found it on cpu()");
  }

  @Test
  void ofManyLayersTheLineTellsThoseFarthestBelowRandom() {
    List<LayerRank> layers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Measured measured = new Measured(i == 17 ? 3 : 10, 1, 1, Optional.empty());
      layers.add(new LayerRank("fc" + i, 20, 20, 20, measured));
    }

    String line = RankText.line(new RankRecord(4, 40, RankRule.FROBENIUS_HUNDREDTH, layers, 0.25));

    assertThat(line)
        .isEqualTo(
            "epoch 4, batch 40: rank/random at σ/‖W‖F > 1e-2: fc17 3/20, fc0 10/20, fc1 10/20, fc2 10/20,"
                + " fc3 10/20, fc4 10/20, fc5 10/20, fc6 10/20, … of 20 layers; mean 9.7/20.0; 250 ms");
  }

  /** A loop of one's own tells listeners of epochs only. */
  @Test
  void withoutBatchesEpochsAreMeasured() throws Exception {
    RankListener ranks = RankListener.builder().lines(line -> {}).build();
    try (Model model = Nets.model(Nets.cnn());
        Trainer trainer = Nets.trainer(model, 0.1f)) {
      trainer.initialize(Nets.IMAGES);
      for (Batch batch : trainer.iterateDataset(Nets.data(trainer.getManager(), 1))) {
        EasyTrain.trainBatch(trainer, batch);
        trainer.step();
        batch.close();
      }
      ranks.onEpoch(trainer);
      ranks.onEpoch(trainer);
    }

    assertThat(ranks.history()).extracting(RankRecord::epoch).containsExactly(1, 2);
  }
}
