package io.rankfall.train;

import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.NamedGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A multi-layer perceptron: linear layers with biases, ReLU between them, optionally batch
 * normalisation before each ReLU.
 *
 * @param inputs features of an example
 * @param hidden widths of the hidden layers, at least one
 * @param outputs classes
 */
public record Mlp(int inputs, List<Integer> hidden, int outputs, Normalization normalization)
    implements Architecture {

  /** What stands between a linear layer and its ReLU. */
  public enum Normalization {
    NONE,
    /** Ioffe and Szegedy, arXiv 1502.03167, with PyTorch's defaults: ε = 1e-5, momentum 0.1. */
    BATCH
  }

  public Mlp {
    hidden = List.copyOf(hidden);
    Objects.requireNonNull(normalization, "normalization");
    if (hidden.isEmpty()) {
      throw new IllegalArgumentException("mlp: expected at least one hidden layer, found none");
    }
    if (inputs < 1 || outputs < 2 || hidden.stream().anyMatch(w -> w < 1)) {
      throw new IllegalArgumentException(
          "mlp: expected inputs and widths >= 1 and outputs >= 2, found %d-%s-%d"
              .formatted(inputs, hidden, outputs));
    }
    List<Integer> widths = widths(inputs, hidden, outputs);
    for (int l = 1; l < widths.size(); l++) {
      if ((long) widths.get(l - 1) * widths.get(l) > LayerGraph.MOST_WEIGHTS) {
        throw new IllegalArgumentException(
            "mlp: expected at most %,d weights in a layer, found %dx%d"
                .formatted(LayerGraph.MOST_WEIGHTS, widths.get(l), widths.get(l - 1)));
      }
    }
  }

  /** All widths, inputs and outputs included. */
  public List<Integer> widths() {
    return widths(inputs, hidden, outputs);
  }

  private static List<Integer> widths(int inputs, List<Integer> hidden, int outputs) {
    List<Integer> widths = new ArrayList<>();
    widths.add(inputs);
    widths.addAll(hidden);
    widths.add(outputs);
    return List.copyOf(widths);
  }

  /** For example {@code 784-512-512-512-10}, or {@code 784-100-10+bn}. */
  @Override
  public String label() {
    return widths().stream().map(String::valueOf).collect(Collectors.joining("-"))
        + (normalization == Normalization.BATCH ? "+bn" : "");
  }

  /** As {@link #label}, with equal neighbours counted: {@code 784-10x100-10+bn}. */
  @Override
  public String shortLabel() {
    List<Integer> widths = widths();
    StringBuilder text = new StringBuilder();
    for (int from = 0; from < widths.size(); ) {
      int to = from;
      while (to < widths.size() && widths.get(to).equals(widths.get(from))) {
        to++;
      }
      text.append(from == 0 ? "" : "-")
          .append(to - from > 1 ? (to - from) + "x" : "")
          .append(widths.get(from));
      from = to;
    }
    return text + (normalization == Normalization.BATCH ? "+bn" : "");
  }

  /** The graph's layers are {@code fc1}, {@code fc1.norm}, {@code relu1}, {@code fc2} and so on. */
  @Override
  public LayerGraph graph() {
    return NamedGraph.perceptron(widths(), normalization == Normalization.BATCH);
  }

  @Override
  public InputShape inputShape() {
    return InputShape.flat(inputs);
  }

  /** The plain perceptron that {@code graph} names; null if it names anything else. */
  static @Nullable Mlp of(NamedGraph graph, int inputs, int classes) {
    List<Integer> hidden = graph.hiddenOfPlainPerceptron();
    return hidden == null
        ? null
        : new Mlp(
            inputs,
            hidden,
            classes,
            graph.normalizesBatches() ? Normalization.BATCH : Normalization.NONE);
  }
}
