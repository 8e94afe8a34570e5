package io.rankfall.benchmarks;

import io.rankfall.compress.Compressor;
import io.rankfall.compress.LatencyComparison;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Compresses all-MiniLM-L6-v2 and compares sentence embeddings and times with the dense model's:
 * the numbers of docs/results.md.
 */
public final class MiniLm {
  private static final int CALIBRATION = 400;
  private static final List<Double> SHARES = List.of(0.9, 0.75, 0.5);

  private MiniLm() {}

  /** {@code MiniLm LANGCHAIN4J.jar SENTENCES.txt FOLDER}; files in the folder are replaced. */
  @SuppressWarnings("SystemOut")
  public static void main(String... args) throws Exception {
    Path folder = Files.createDirectories(Path.of(args[2]));
    Path modelFile = folder.resolve("all-minilm-l6-v2.onnx");
    Path tokenizer = folder.resolve("tokenizer.json");
    try (FileSystem jar = FileSystems.newFileSystem(Path.of(args[0]))) {
      copy(jar.getPath("all-minilm-l6-v2.onnx"), modelFile);
      copy(jar.getPath("all-minilm-l6-v2-tokenizer.json"), tokenizer);
    }
    List<String> sentences = Files.readAllLines(Path.of(args[1]));
    Path calibration = folder.resolve("calibration");
    Path held = folder.resolve("held-out");
    SentenceInputs.write(tokenizer, sentences.subList(0, CALIBRATION), calibration);
    SentenceInputs.write(tokenizer, sentences.subList(CALIBRATION, sentences.size()), held);

    OnnxModel model = OnnxModel.read(modelFile);
    ModelInputs test = ModelInputs.read(held);
    System.out.printf(
        "dense: parameters %,d, bytes %,d%n", model.parameters(), Files.size(modelFile));
    SentenceEmbeddings dense = SentenceEmbeddings.of(model, test);
    long start = System.nanoTime();
    Compressor aware = Compressor.dataAware(model, ModelInputs.read(calibration));
    System.out.printf("calibrated in %.1f s%n", (System.nanoTime() - start) / 1e9);
    Compressor plain = new Compressor(model);
    long linear = model.layers().stream().mapToLong(l -> (long) l.rows() * l.cols()).sum();
    for (double share : SHARES) {
      double whole = 1 - (1 - share) * linear / model.parameters();
      measure(
          "data-aware",
          share,
          aware,
          new RankPolicy.ParameterBudget(whole, RankPolicy.Division.GLOBAL),
          dense,
          test,
          folder);
      measure(
          "plain, one rank",
          share,
          plain,
          new RankPolicy.ParameterBudget(whole, RankPolicy.Division.UNIFORM),
          dense,
          test,
          folder);
    }
  }

  @SuppressWarnings("SystemOut")
  private static void measure(
      String name,
      double share,
      Compressor compressor,
      RankPolicy policy,
      SentenceEmbeddings dense,
      ModelInputs test,
      Path folder)
      throws Exception {
    long start = System.nanoTime();
    RankPlan plan = compressor.plan(policy);
    Path file = folder.resolve("%s-%s.onnx".formatted(name.replaceAll("\\W+", "-"), share));
    compressor.apply(plan).write(file);
    double seconds = (System.nanoTime() - start) / 1e9;
    OnnxModel small = OnnxModel.read(file);
    System.out.printf(
        "%s %.2f: parameters %,d, bytes %,d, cosine %.4f, %d layers dense, made in %.1f s",
        name,
        share,
        small.parameters(),
        Files.size(file),
        dense.meanCosine(SentenceEmbeddings.of(small, test)),
        plan.layers().stream().filter(l -> l.choice() instanceof RankPlan.Dense).count(),
        seconds);
    for (int batch : List.of(1, 32)) {
      try (OnnxRuntimeSession a = OnnxRuntimeSession.of(compressor.model());
          OnnxRuntimeSession b = OnnxRuntimeSession.open(file)) {
        LatencyComparison latency = LatencyComparison.measure(a, b, test.sample(batch), 3, 21);
        System.out.printf(
            ", batch %d: %.2f → %.2f ms, %.2f×",
            batch, latency.denseNanos() / 1e6, latency.candidateNanos() / 1e6, latency.speedup());
      }
    }
    System.out.println();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }
}
