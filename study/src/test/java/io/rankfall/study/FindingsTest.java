package io.rankfall.study;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.study.Results.Finding;
import io.rankfall.study.Results.RunResult;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FindingsTest {

  @Test
  void followTheNumbers() {
    List<RunResult> runs = SampleResults.comparison().runs();
    List<Finding> findings = Findings.of(runs, 60_000);
    assertThat(findings)
        .extracting(Finding::id)
        .containsExactly(
            "compresses",
            "same-accuracy",
            "truncation",
            "rank-fell",
            "data-aware",
            "faster",
            "export");
    assertThat(findings).allSatisfy(f -> assertThat(f.text()).endsWith(".").doesNotContain("NaN"));
    assertThat(find(findings, "export").holds()).isTrue();
  }

  @Test
  void aWrongExportDoesNotHold() {
    List<RunResult> runs =
        SampleResults.comparison().runs().stream().map(run -> withExportError(run, 1e-3)).toList();
    assertThat(find(Findings.of(runs, 60_000), "export").holds()).isFalse();
  }

  @Test
  void theSameRunsInReverseDoNotChangeTheVerdicts() {
    List<RunResult> runs = SampleResults.comparison().runs();
    List<RunResult> reversed = new java.util.ArrayList<>(runs);
    java.util.Collections.reverse(reversed);
    for (Finding finding : Findings.of(runs, 60_000)) {
      assertThat(find(Findings.of(reversed, 60_000), finding.id()).holds())
          .isEqualTo(finding.holds());
    }
  }

  @Test
  void aDivergedRunIsNamedAndNotCompared() {
    List<Finding> findings = Findings.of(SampleResults.odd().runs(), 60_000);
    Finding first = findings.get(0);
    assertThat(first.id()).isEqualTo("all-learned");
    assertThat(first.holds()).isFalse();
    assertThat(first.text()).contains("B=4, wd=10 diverged at ");
    assertThat(findings.stream().skip(1)).noneMatch(f -> f.text().contains("wd=10"));
  }

  @Test
  void whereNoBudgetWasMetNothingIsSaidOfCompressedFiles() {
    List<RunResult> denseOnly =
        SampleResults.comparison().runs().stream()
            .map(run -> withFiles(run, run.files().subList(0, 1)))
            .toList();
    assertThat(Findings.of(denseOnly, 60_000))
        .extracting(Finding::id)
        .containsExactly("compresses", "same-accuracy", "rank-fell", "export");
    assertThat(find(Findings.of(denseOnly, 60_000), "compresses").holds()).isFalse();
  }

  @Test
  void anUntrainedNetworkIsNamedAndNotCompared() {
    List<RunResult> runs =
        SampleResults.comparison().runs().stream()
            .map(
                run ->
                    withFiles(
                        run,
                        run.files().stream()
                            .map(file -> withAccuracy(file, run.epochs().get(0).testAccuracy()))
                            .toList()))
            .toList();
    List<Finding> findings = Findings.of(runs, 60_000);
    assertThat(findings).extracting(Finding::id).containsExactly("all-learned");
    assertThat(findings.get(0).text()).contains("learned nothing");
  }

  @Test
  void oneRunAloneIsNotCompared() {
    List<Finding> findings = Findings.of(SampleResults.single().runs(), 60_000);
    assertThat(findings)
        .extracting(Finding::id)
        .contains("compresses", "export")
        .doesNotContain("same-accuracy", "truncation", "rank-fell");
  }

  private static Finding find(List<Finding> findings, String id) {
    Optional<Finding> found = findings.stream().filter(f -> f.id().equals(id)).findFirst();
    assertThat(found).as(id).isPresent();
    return found.orElseThrow();
  }

  private static RunResult withExportError(RunResult run, double error) {
    return with(run, error, run.files());
  }

  private static RunResult withFiles(RunResult run, List<Results.FileResult> files) {
    Double error = run.exportError();
    return with(run, error == null ? Double.NaN : error, files);
  }

  private static RunResult with(RunResult run, double error, List<Results.FileResult> files) {
    return new RunResult(
        run.id(),
        run.label(),
        run.batchSize(),
        run.weightDecay(),
        run.learner(),
        run.outcome(),
        run.seconds(),
        error,
        run.epochs(),
        files);
  }

  private static Results.FileResult withAccuracy(Results.FileResult file, double accuracy) {
    return new Results.FileResult(
        file.path(),
        file.policy(),
        file.budget(),
        file.parameters(),
        file.bytes(),
        accuracy,
        file.latencies(),
        file.layers());
  }
}
