package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

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

  /** What one buffer can hold, with room to spare. */
  private static final int MOST_WEIGHTS = 1 << 28;

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
      if ((long) widths.get(l - 1) * widths.get(l) > MOST_WEIGHTS) {
        throw new IllegalArgumentException(
            "mlp: expected at most %,d weights in a layer, found %dx%d"
                .formatted(MOST_WEIGHTS, widths.get(l), widths.get(l - 1)));
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
  public String label() {
    return widths().stream().map(String::valueOf).collect(Collectors.joining("-"))
        + (normalization == Normalization.BATCH ? "+bn" : "");
  }

  /** As {@link #label}, with equal neighbours counted: {@code 784-10x100-10+bn}. */
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

  @Override
  public long parameters() {
    List<Integer> widths = widths();
    long sum = 0;
    for (int l = 1; l < widths.size(); l++) {
      sum += (widths.get(l - 1) + 1L) * widths.get(l);
    }
    if (normalization == Normalization.BATCH) {
      sum += 2L * hidden.stream().mapToLong(Integer::longValue).sum();
    }
    return sum;
  }

  /**
   * The network before training, with γ = 1 and β = 0.
   *
   * @param seed the same seed gives the same weights whatever the rest of the run
   */
  public Network initialize(Initialization initialization, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> widths = widths();
    List<Network.Layer> layers = new ArrayList<>();
    for (int l = 1; l < widths.size(); l++) {
      int in = widths.get(l - 1);
      int out = widths.get(l);
      Matrix weight = initialization.weight(out, in, random);
      Matrix bias = initialization.bias(out, in, random);
      boolean last = l == widths.size() - 1;
      layers.add(
          last || normalization == Normalization.NONE
              ? Network.Layer.linear("fc" + l, weight, bias)
              : new Network.Layer("fc" + l, weight, bias, BatchNorm.initial(out)));
    }
    return new Network(this, layers);
  }
}
