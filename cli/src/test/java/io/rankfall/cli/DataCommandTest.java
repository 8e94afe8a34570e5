package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.study.store.RunState;
import io.rankfall.study.store.StoredRun;
import io.rankfall.study.store.StudyStore;
import io.rankfall.study.store.StudyStore.Opening;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data sets on the command line. */
class DataCommandTest {
  @TempDir private Path folder = Path.of("");

  /** Images of 6×6 whose class is the quarter that is bright, in MNIST's format. */
  private Path quarters() throws IOException {
    Path set = Files.createDirectories(folder.resolve("quarters"));
    write(set, "train", 400, 1);
    write(set, "t10k", 100, 2);
    return set;
  }

  private static void write(Path set, String part, int count, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    ByteBuffer images = ByteBuffer.allocate(16 + count * 36);
    images.putInt(0x803).putInt(count).putInt(6).putInt(6);
    ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(4);
      labels.put((byte) label);
      for (int p = 0; p < 36; p++) {
        boolean bright = p / 18 == label / 2 && p % 6 / 3 == label % 2;
        images.put((byte) ((bright ? 150 : 20) + random.nextInt(100)));
      }
    }
    Files.write(set.resolve(part + "-images-idx3-ubyte"), images.array());
    Files.write(set.resolve(part + "-labels-idx1-ubyte"), labels.array());
  }

  @Test
  void theListSaysWhatIsThere() throws Exception {
    Files.createDirectories(folder.resolve("svhn"));
    Files.write(folder.resolve("svhn/train_32x32.mat"), new byte[1]);
    Files.write(folder.resolve("test_32x32.mat"), new byte[1]);
    Ran ran = Ran.run("data", "--data-dir", folder.toString());

    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out().lines())
        .anyMatch(line -> line.matches("fashion-mnist +built in +60000 +10000 +1x28x28 +10 .*"))
        .anyMatch(line -> line.matches("mnist +missing +11\\.6 MB +60000 +10000 +1x28x28 +10 .*"))
        .anyMatch(line -> line.matches("cifar100 +missing +168\\.5 MB .* 3x32x32 +100 .*"))
        .anyMatch(line -> line.matches("svhn +there +246\\.3 MB +73257 +26032 .*"))
        .anyMatch(line -> line.matches("austen +built in .* 1x1x64 +75 .*"))
        .anyMatch(line -> line.matches("svhn: licence: .*non-commercial.*"))
        .contains("Folder: " + folder);
  }

  @Test
  void whatIsBuiltInNeedsNoFetching() {
    Ran ran = Ran.run("data", "fetch", "austen", "--data-dir", folder.toString());
    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out()).isEqualTo("austen: built in%n".formatted());
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "data fetch cifar, 'found ''cifar''; the nearest is cifar10'",
    "data fetch, Missing required parameter",
    "train --data fasion-mnist, the nearest is fashion-mnist",
    "train --data mnist+pad32 --pad 36, '--pad: expected once, found 36 beside the 32 of --data'",
    "train --data cifar10 --examples 50001, expected 1 to the 50000 of cifar10",
    "train --data cifar10 --pad 16, 'padding: expected at least the 32x32 of cifar10, found 16'",
    "train --data cifar10 --hidden 0, mlp: expected",
    "train --data austen, 'expected 1 labels an example, found 64 in austen'",
    "sweep --data cifar10 --batch-size 60000, 'expected at most the 50000 training examples'",
    "sweep --data sfhn --batch-size 4, the nearest is svhn"
  })
  void wrongUsageIsRefusedBeforeAnythingIsFetched(String command, String message) {
    Ran ran = Ran.run((command + " --data-dir " + folder).split(" ", -1));
    assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.USAGE);
    ran.assertOneLine(message);
    assertThat(folder).isEmptyDirectory();
  }

  /** To a proxy that nobody answers at, as on a machine without a network. */
  @ParameterizedTest
  @ValueSource(strings = {"data fetch mnist", "train --data mnist"})
  void withoutANetworkItIsSaidWhichFilesBelongWhere(String command) throws Exception {
    ProxySelector before = ProxySelector.getDefault();
    try (ServerSocket closed = new ServerSocket(0)) {
      ProxySelector.setDefault(
          ProxySelector.of(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), closed.getLocalPort())));
    }
    try {
      Ran ran = Ran.run((command + " --data-dir " + folder).split(" ", -1));

      assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.FAILURE);
      ran.assertOneLine("train-images-idx3-ubyte.gz: expected 9912422 bytes, found 0 after 2");
      ran.assertOneLine("(no connection); mnist: expected in " + folder.resolve("mnist"));
      ran.assertOneLine("t10k-labels-idx1-ubyte.gz, found nothing");
    } finally {
      ProxySelector.setDefault(before);
    }
    assertThat(folder.resolve("mnist")).isEmptyDirectory();
  }

  @Test
  void aRunIsTrainedOnDataOfOnesOwn() throws Exception {
    Path set = quarters();
    Path out = folder.resolve("run");
    Ran ran =
        Ran.run(
            "train",
            "--data",
            set.toString(),
            "--pad",
            "8",
            "--examples",
            "300",
            "--hidden",
            "16",
            "--epochs",
            "3",
            "--out",
            out.toString());

    assertThat(ran.exitCode()).as(ran.err()).isZero();
    JsonNode run = new JsonMapper().readTree(out.resolve("run.json").toFile());
    assertThat(run.at("/spec/dataset").asText()).isEqualTo(set + "+pad8-300");
    double accuracy = Double.parseDouble(ran.out().split("\\s+", -1)[2]);
    assertThat(accuracy).isGreaterThan(0.9);

    Ran bounds = Ran.run("generalization", out.toString());
    assertThat(bounds.exitCode()).as(bounds.err()).isZero();
    write(set, "t10k", 100, 3);
    Ran other = Ran.run("generalization", out.toString());
    assertThat(other.exitCode()).isEqualTo(ExitCode.FAILURE);
    other.assertOneLine("run: expected one on data ");
  }

  @Test
  void aSweepsWorkersReadWhatTheSpecificationNames() throws Exception {
    Path set = quarters();
    Path study = folder.resolve("study.db");
    Path specification = folder.resolve("sweep.yaml");
    Files.writeString(
        specification,
        """
        name: quarters
        data: %s-200
        settings: {epochs: 2, hidden: 8}
        parameters:
          batchSize: {values: [8, 32]}
        """
            .formatted(set));
    Ran ran =
        Ran.run("sweep", specification.toString(), "--study", study.toString(), "--jobs", "1");

    assertThat(ran.exitCode()).as(ran.err()).isZero();
    try (StudyStore store = StudyStore.open(study.toString(), Opening.EXISTING)) {
      assertThat(store.runs()).hasSize(2);
      for (StoredRun run : store.runs()) {
        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        assertThat(run.spec().dataset()).isEqualTo(set + "-200");
        assertThat(run.spec().architecture().inputs()).isEqualTo(36);
      }
    }
  }
}
