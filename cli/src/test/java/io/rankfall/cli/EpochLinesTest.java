package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankfall.spectra.Spectrum;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.Evaluation;
import io.rankfall.train.LayerSpectrum;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class EpochLinesTest {

  @Test
  void aTerminalGetsEveryEpochWithItsRanksAndTheTimeLeft() {
    List<String> lines = printed(true);
    assertThat(lines).hasSize(2 + 4);
    assertThat(lines.get(1))
        .containsSubsequence(
            "loss", "train", "test", "rank 1e-3", "rank 1e-2", "stable rank", "ETA");
    // σ = 1, 0.005, 0: above 1e-3 two of three, above 1e-2 one; of 4, 3: both; 25/16 is 1.6.
    assertThat(lines.get(3).split(" +"))
        .containsExactly("net", "1/3", "0.5000", "75.0%", "70.0%", "2/2", "1/2", "1.0/1.6", "0:09");
  }

  @Test
  void elsewhereItIsALineAMinuteAndTheLastEpoch() {
    List<String> lines = printed(false);
    assertThat(lines).hasSize(2 + 2);
    assertThat(lines.get(2)).contains("0/3");
    assertThat(lines.get(3)).contains("3/3");
  }

  private static List<String> printed(boolean terminal) {
    StringWriter err = new StringWriter();
    Console console =
        new Console(new PrintWriter(PrintWriter.nullWriter()), new PrintWriter(err), terminal);
    EpochLines lines = new EpochLines(console, 3, 3);
    for (int epoch = 0; epoch <= 3; epoch++) {
      lines.print("net", record(epoch), "0:09");
    }
    return err.toString().lines().toList();
  }

  private static EpochRecord record(int epoch) {
    return new EpochRecord(
        epoch,
        0.1,
        epoch == 0 ? null : new Evaluation(0.5, 0.75),
        new Evaluation(0.6, 0.7),
        List.of(
            new LayerSpectrum("fc1", Spectrum.of(3, 4, 1, 0.005, 0)),
            new LayerSpectrum("fc2", Spectrum.of(2, 2, 4, 3))));
  }
}
