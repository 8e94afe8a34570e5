package io.rankfall.train.theory;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.train.Dataset;
import io.rankfall.train.RunSpec;
import io.rankfall.train.Trainer;
import io.rankfall.train.data.FashionMnist;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Presets, cut to one epoch of so few examples that all windows are inside. */
final class TheoryPresetTest {
  private static final int EXAMPLES = 1500;
  private static final int TEST_EXAMPLES = 500;

  @Test
  void theBoundHoldsAtEveryEpsilonOfOneExample() throws Exception {
    List<BoundCheck> checks = lastOfTheWideLayer(trained("one-example"));
    assertThat(checks).extracting(check -> check.bound().rank()).containsExactly(299L, 528L, 757L);
    assertThat(checks).extracting(BoundCheck::verdict).containsOnly(Verdict.HOLDS);
    assertThat(checks).allSatisfy(check -> assertThat(check.slack()).isGreaterThan(100));
    assertThat(checks).extracting(BoundCheck::measuredRank).isSorted().doesNotContain(0);
  }

  @Test
  void noBoundFollowsWithoutDecay() throws Exception {
    TheoryReport report = trained("no-decay");
    assertThat(report.windows()).extracting(MemoryWindow::steps).containsOnlyNulls();
    List<BoundCheck> checks = lastOfTheWideLayer(report);
    assertThat(checks).extracting(BoundCheck::verdict).containsOnly(Verdict.VACUOUS);
    // The twin's, which decays, is 299.
    assertThat(checks.get(0).measuredRank()).isGreaterThan(600);
  }

  private static List<BoundCheck> lastOfTheWideLayer(TheoryReport report) {
    LayerTheory layer = report.layers().get(0);
    assertThat(List.of(layer.rows(), layer.cols())).containsExactly(1024, 784);
    return layer.epochs().get(1).checks().stream().map(EpochBounds.EpsilonCheck::apriori).toList();
  }

  private static TheoryReport trained(String name) throws IOException, InterruptedException {
    TheoryPreset whole = TheoryPreset.named(name);
    TheoryPreset preset =
        new TheoryPreset(
            name,
            whole.description(),
            EXAMPLES,
            whole.hidden(),
            whole.normalization(),
            whole.batchSize(),
            whole.optimizer(),
            1);
    Dataset all = FashionMnist.load();
    Dataset first = all.first(EXAMPLES);
    Dataset dataset =
        new Dataset(first.name(), first.train(), all.test().first(TEST_EXAMPLES), first.sha256());
    RunSpec spec = preset.spec(all, 1);
    TheoryProbe probe = new TheoryProbe(spec, dataset, TheorySettings.LIGHT);
    TheoryReport report = probe.report(new Trainer(dataset).train(spec, probe).outcome());
    assertThat(report.holds()).as(report.json()).isTrue();
    return report;
  }
}
