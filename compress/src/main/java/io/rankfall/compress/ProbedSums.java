package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Running moments of what layers see or of what reaches their outputs, each of its own reading of a
 * value in the graph.
 */
final class ProbedSums implements AutoCloseable {

  /** Adds what one batch holds of a value. */
  @FunctionalInterface
  interface Reading {
    void add(MomentSum sum, Rows values, List<Long> shape);
  }

  private record Entry(String value, MomentSum sum, Reading reading) {}

  private final Map<Object, Entry> entries = new LinkedHashMap<>();

  /**
   * Sums up a value, once for each key.
   *
   * @param key what it is asked for by
   */
  void add(Object key, String value, int width, Reading reading) {
    entries.computeIfAbsent(key, k -> new Entry(value, new MomentSum(width), reading));
  }

  /** The rows of the last dimension. */
  static void rows(MomentSum sum, Rows values, List<Long> shape) {
    sum.add(values);
  }

  /** The channels at each position of N × C × i₁ × i₂…. */
  static void channels(MomentSum sum, Rows values, List<Long> shape) {
    float[] all = complete(values, shape);
    int channels = Math.toIntExact(shape.get(1));
    int positions = all.length / Math.toIntExact(shape.get(0)) / channels;
    float[] turned = new float[all.length];
    for (int from = 0; from < all.length; from += channels * positions) {
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < positions; p++) {
          turned[from + p * channels + c] = all[from + c * positions + p];
        }
      }
    }
    sum.add(Rows.owning(channels, turned));
  }

  /** Each number alone. */
  static void numbers(MomentSum sum, Rows values, List<Long> shape) {
    sum.add(Rows.owning(1, values.toArray()));
  }

  /** The patches that a convolution sees. */
  static Reading patches(NodeProto node, Convolution layer, int examples) {
    PatchSampler sampler = new PatchSampler(node, layer, examples);
    return (sum, values, shape) -> sampler.sample(complete(values, shape), shape, sum::add);
  }

  private static float[] complete(Rows values, List<Long> shape) {
    float[] all = values.toArray();
    long size = shape.stream().reduce(1L, Math::multiplyExact);
    if (all.length != size) {
      // A value of examples × positions × width is cut where a mask is 0.
      throw new IllegalArgumentException(
          "convolution over masked positions: expected %d numbers, found %d"
              .formatted(size, all.length));
    }
    return all;
  }

  Set<String> values() {
    Set<String> values = new LinkedHashSet<>();
    entries.values().forEach(entry -> values.add(entry.value));
    return values;
  }

  /** Adds a batch to every sum; they are independent, so their order is free. */
  void add(OnnxRuntimeSession.Results seen) {
    new ArrayList<>(entries.values())
        .parallelStream()
            .forEach(
                entry ->
                    entry.reading.add(entry.sum, seen.of(entry.value), seen.shape(entry.value)));
  }

  InputMoments moments(Object key) {
    return Objects.requireNonNull(entries.get(key), key.toString()).sum.moments();
  }

  @Override
  public void close() {
    entries.values().forEach(entry -> entry.sum.close());
  }
}
