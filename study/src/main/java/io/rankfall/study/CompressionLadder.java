package io.rankfall.study;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compressor;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import io.rankfall.compress.Rows;
import io.rankfall.study.Results.LayerRank;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes one dense model compressed to a ladder of budgets, each under every policy. */
final class CompressionLadder {

  /** The ways of spending a budget that are compared. */
  enum Policy {
    /** The same rank in every layer. */
    UNIFORM("uniform", Division.UNIFORM),
    /** The same share of Σσ² in every layer. */
    ENERGY("energy", Division.ENERGY),
    /** The ranks that lose least of Σσ² in sum. */
    GLOBAL("global", Division.GLOBAL),
    /** {@link Compressor#dataAware}. */
    DATA_AWARE("data-aware", Division.GLOBAL);

    private final String id;
    private final Division division;

    Policy(String id, Division division) {
      this.id = id;
      this.division = division;
    }
  }

  /** A written file, not measured yet. */
  record Rung(Path path, String policy, double budget, List<LayerRank> ranks) {}

  private CompressionLadder() {}

  /**
   * Writes {@code POLICY-BUDGET.onnx} files beside the dense one; a budget below the smallest
   * possible model is left out.
   */
  static List<Rung> write(Path denseFile, List<Double> budgets, Rows calibration)
      throws IOException {
    OnnxModel dense = OnnxModel.read(denseFile);
    Compressor plain = new Compressor(dense);
    Compressor dataAware = Compressor.dataAware(dense, ModelInputs.of(calibration));
    deleteEarlier(denseFile);
    List<Rung> rungs = new ArrayList<>();
    for (Policy policy : Policy.values()) {
      Compressor compressor = policy == Policy.DATA_AWARE ? dataAware : plain;
      for (double budget : budgets) {
        RankPlan plan;
        try {
          plan = compressor.plan(new ParameterBudget(budget, policy.division));
        } catch (BudgetException e) {
          continue;
        }
        Path file = denseFile.resolveSibling("%s-%s.onnx".formatted(policy.id, budget));
        compressor.apply(plan).write(file);
        rungs.add(new Rung(file, policy.id, budget, ranks(plan)));
      }
    }
    return rungs;
  }

  /** What an earlier ladder left here must not pass for this one's. */
  private static void deleteEarlier(Path denseFile) throws IOException {
    for (Policy policy : Policy.values()) {
      try (DirectoryStream<Path> earlier =
          Files.newDirectoryStream(denseFile.resolveSibling("."), policy.id + "-*.onnx")) {
        for (Path file : earlier) {
          Files.delete(file);
        }
      }
    }
  }

  /** The dense file itself. */
  static Rung dense(Path file) throws IOException {
    List<LayerRank> ranks =
        OnnxModel.read(file).layers().stream()
            .map(l -> new LayerRank(l.name(), l.rows(), l.cols(), null, "as trained"))
            .toList();
    return new Rung(file, "dense", 1, ranks);
  }

  private static List<LayerRank> ranks(RankPlan plan) {
    return plan.layers().stream().map(CompressionLadder::rank).toList();
  }

  private static LayerRank rank(RankPlan.Layer layer) {
    String kept = layer.isNarrowed() ? layer.shape() + ", " : "";
    if (layer.choice() instanceof RankPlan.Factored factored) {
      String reason = "%sloses %.2g %%".formatted(kept, 100 * layer.lossShare());
      return new LayerRank(layer.name(), layer.rows(), layer.cols(), factored.rank(), reason);
    }
    String reason = kept + ((RankPlan.Dense) layer.choice()).reason();
    return new LayerRank(layer.name(), layer.rows(), layer.cols(), null, reason);
  }
}
