package io.rankfall.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FashionCnnTest {
  @BeforeAll
  static void stayOffline() {
    System.setProperty("ai.djl.offline", "true");
    // More threads than one wait for each other in such small steps.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
  }

  @Test
  void theNetworkLearnsShrinksAndLearnsOn(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("ranks.html");
    List<String> lines = new ArrayList<>();

    FashionCnn.Result result = FashionCnn.run(3000, 1, page, lines::add);

    assertThat(result.dense()).isGreaterThan(0.6);
    assertThat(result.share()).isLessThanOrEqualTo(0.25);
    assertThat(result.tuned()).isGreaterThan(0.6);
    assertThat(lines).filteredOn(line -> line.startsWith("epoch ")).hasSize(3);
    assertThat(lines).anyMatch(line -> line.startsWith("dense: accuracy 0."));
    assertThat(Files.readString(page)).contains("08SequentialBlock_01Linear");
  }
}
