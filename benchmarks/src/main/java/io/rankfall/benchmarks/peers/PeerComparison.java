package io.rankfall.benchmarks.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.rankfall.study.Machine;
import io.rankfall.study.Versions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures Rankfall beside its peers, alternately, on one thread each. */
@Command(
    name = "benchmarks/peers/run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures Rankfall beside its peers, alternately, one thread each, and prints the ratios of their rates.",
      "Peers: PyTorch eager and SciPy in Python where they are installed, DJL's standard trainer."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:measured",
      "1:with --check, a ratio is below half of its target",
      "2:wrong usage",
      "3:failure"
    })
final class PeerComparison implements Callable<Integer> {
  /** Below this share of a target a measurement on a noisy machine is a regression all the same. */
  private static final double FLOOR = 0.5;

  @Option(
      names = "--rounds",
      defaultValue = "7",
      description = "How often both are measured. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "0.5",
      description = "How long each is measured in a round. Default: ${DEFAULT-VALUE}.")
  private double seconds;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = "",
      description =
          "Only works or peers in whose names this is found, for example 'step.*B=4|svdvals'.")
  private Pattern only = Pattern.compile("");

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Where all numbers go. Default: no file.")
  private @Nullable Path json;

  @Option(names = "--check", description = "Fail when a ratio is below half of its target.")
  private boolean check;

  @Option(names = "--python", defaultValue = "python3", hidden = true)
  private String python = "python3";

  @Option(names = "--script", required = true, hidden = true)
  private Path script = Path.of("peers.py");

  private @Nullable PythonPeers running;

  /** Everything measured. */
  record Results(
      Versions versions,
      @Nullable JsonNode python,
      Machine machine,
      Roofline roofline,
      List<Score> scores,
      List<Reach> reached) {}

  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    System.exit(new CommandLine(new PeerComparison()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("rankfall-peers");
    try {
      return measure(new Inputs(folder));
    } finally {
      if (running != null) {
        running.close();
      }
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  private int measure(Inputs inputs) throws Exception {
    Roofline roofline = Roofline.measure(rounds, seconds);
    System.out.printf(
        "One core: %.0f GFLOP/s single, %.0f double precision; %.0f GB/s from memory, %.0f from the cache%n%n",
        roofline.singleGflops(),
        roofline.doubleGflops(),
        roofline.memoryGBytes(),
        roofline.cacheGBytes());
    System.out.printf(
        "%-52s %-18s %10s %10s %-8s %7s %15s %7s%n",
        "work", "peer", "ours", "peer's", "unit", "ratio", "spread", "target");
    List<Score> scores = new ArrayList<>();
    for (Duel duel : Duels.all(inputs, this::startPython)) {
      if (only.matcher(duel.work() + " " + duel.peer()).find()) {
        Score score = duel.fight(rounds, seconds);
        System.out.println(line(score));
        scores.add(score);
      }
    }
    List<Reach> reached = reached(scores, roofline);
    if (json != null) {
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(
              json.toFile(),
              new Results(
                  Versions.ofBuild(),
                  running == null ? null : running.versions(),
                  Machine.current(),
                  roofline,
                  scores,
                  reached));
    }
    return check && scores.stream().anyMatch(PeerComparison::isRegression) ? 1 : 0;
  }

  /** Prints how near the steps come to the machine's limit. */
  private static List<Reach> reached(List<Score> scores, Roofline roofline) {
    List<Reach> all = new ArrayList<>();
    for (Steps steps : Duels.plainSteps()) {
      scores.stream()
          .filter(score -> score.work().equals(steps.label()) && !score.isMissing())
          .findFirst()
          .ifPresent(score -> all.add(Reach.of(steps, score.ours(), roofline)));
    }
    if (!all.isEmpty()) {
      System.out.printf(
          "%n%-40s %8s %8s %12s %12s %10s %7s%n",
          "limit, steps/s", "GFLOP", "MB", "arithmetic", "movement", "measured", "share");
    }
    for (Reach r : all) {
      System.out.printf(
          "%-40s %8.3f %8.1f %12s %12s %10s %6.0f%%%n",
          r.work(),
          r.gflop(),
          r.mbytes(),
          rate(r.arithmetic()),
          rate(r.movement()),
          rate(r.measured()),
          100 * r.share());
    }
    return all;
  }

  private static boolean isRegression(Score score) {
    return !score.isMissing() && score.ratio() < FLOOR * score.target();
  }

  private static String line(Score score) {
    String start = "%-52s %-18s ".formatted(score.work(), score.peer());
    if (score.isMissing()) {
      return start + "not measured: " + score.missing();
    }
    return start
        + "%10s %10s %-8s %6.2f× %15s %7s %s"
            .formatted(
                rate(score.ours()),
                rate(score.theirs()),
                score.unit(),
                score.ratio(),
                "%.2f to %.2f".formatted(score.least(), score.greatest()),
                score.target() == 0 ? "" : "%.2f×".formatted(score.target()),
                verdict(score))
            .stripTrailing();
  }

  private static String verdict(Score score) {
    String verdict =
        score.ratio() >= score.target() ? "" : isRegression(score) ? "REGRESSION " : "below ";
    return verdict + score.note();
  }

  private static String rate(double rate) {
    return rate >= 100 ? "%,.0f".formatted(rate) : "%.3g".formatted(rate);
  }

  private PythonPeers startPython() throws MissingPeerException {
    if (running == null) {
      try {
        running = new PythonPeers(python, script);
      } catch (IOException e) {
        throw new MissingPeerException(python + " with NumPy is not installed");
      }
    }
    return running;
  }
}
