package io.rankfall.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.train.generalization.GeneralizationBounds;
import io.rankfall.train.generalization.LayerNorms;
import io.rankfall.train.generalization.Promise;
import io.rankfall.train.generalization.Promise.Kind;
import io.rankfall.train.generalization.TrainingMargins;

/** Bounds on a network's test error, as tables for a person or as JSON. */
final class GeneralizationText {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private GeneralizationText() {}

  static String json(GeneralizationBounds bounds) {
    try {
      return JSON.writeValueAsString(bounds);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("bounds: " + e.getOriginalMessage(), e);
    }
  }

  static void print(GeneralizationBounds bounds, Console console) {
    TrainingMargins m = bounds.margins();
    console.paragraph(
        "Measured: training accuracy %.2f%%, test accuracy %.2f%%, a gap of %.2f points."
            .formatted(100 * m.trainAccuracy(), 100 * m.testAccuracy(), 100 * m.gap()));
    console.paragraph(
        "Margin γ = %.3g: %.1f%% of %,d training examples have one up to it, the wrong ones among them. Bounds hold with probability %s."
            .formatted(
                m.margin(),
                100 * m.marginError(),
                m.examples(),
                RunsTable.number(1 - bounds.delta())));
    console.out().println();
    promises(bounds).lines().forEach(console.out()::println);
    console.out().println();
    layers(bounds).lines().forEach(console.out()::println);
    if (!bounds.rankTwo().isEmpty()) {
      console.out().println();
      rankTwo(bounds).lines().forEach(console.out()::println);
    }
    console.out().println();
    verdict(bounds, console);
  }

  private static Table promises(GeneralizationBounds bounds) {
    Table table = new Table("bound", "number", "says", "", "");
    for (Promise promise : bounds.promises()) {
      boolean whole = promise.kind() == Kind.BOUND;
      table.add(
          promise.id(),
          "%.3g".formatted(promise.value()),
          bounds.isVacuous(promise)
              ? "nothing"
              : whole ? "test error ≤ %.3f".formatted(bounds.testError(promise)) : "–",
          whole ? "whole" : "dominating term",
          promise.source());
    }
    return table;
  }

  private static Table layers(GeneralizationBounds bounds) {
    Table table = new Table("layer", "shape", "σ₁", "‖A‖F", "Σ‖row‖", "rank 1e-2");
    for (LayerNorms layer : bounds.layers()) {
      table.add(
          layer.name(),
          layer.outputs() + "×" + layer.inputs(),
          "%.3g".formatted(layer.spectral()),
          "%.3g".formatted(layer.frobenius()),
          "%.3g".formatted(layer.rows()),
          Integer.toString(layer.rank()));
    }
    return table;
  }

  private static Table rankTwo(GeneralizationBounds bounds) {
    Table table = new Table("arXiv 2410.02176", "√((m+n)…/N), rank two", "√(mn…/N)", "rank");
    for (GeneralizationBounds.RankTwoTerms layer : bounds.rankTwo()) {
      table.add(
          layer.layer(),
          "%.3g".formatted(layer.rankTwo()),
          "%.3g".formatted(layer.fullRank()),
          Integer.toString(layer.rank()));
    }
    return table;
  }

  private static void verdict(GeneralizationBounds bounds, Console console) {
    long whole = bounds.promises().stream().filter(p -> p.kind() == Kind.BOUND).count();
    long vacuous =
        bounds.promises().stream()
            .filter(p -> p.kind() == Kind.BOUND && bounds.isVacuous(p))
            .count();
    double least =
        bounds.promises().stream()
            .filter(p -> p.kind() == Kind.BOUND)
            .mapToDouble(bounds::testError)
            .min()
            .orElseThrow();
    double error = 1 - bounds.margins().testAccuracy();
    console.paragraph(
        vacuous == whole
            ? "All %d whole bounds are vacuous: no error exceeds 1, and the least of them is %.2g. They say nothing about this network by itself; its measured test error is %.3f."
                .formatted(whole, least, error)
            : "The least bound says a test error of at most %.3f; measured is %.3f."
                .formatted(least, error));
    Promise low = promise(bounds, "low-rank");
    Promise full = promise(bounds, "low-rank-full");
    double gain = full.value() / low.value();
    if (Double.isFinite(gain)) {
      console.paragraph(
          "Low rank divides the dominating term of arXiv 2411.13733 by %.2f. A is near a matrix of its rank, not of it."
              .formatted(gain));
    }
    console.paragraph(
        "Dominating terms leave out constants and logarithms; norms and margin are the trained network's own. Layers have biases and batch normalisation folded in.");
  }

  private static Promise promise(GeneralizationBounds bounds, String id) {
    return bounds.promises().stream().filter(p -> p.id().equals(id)).findFirst().orElseThrow();
  }
}
