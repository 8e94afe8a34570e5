package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * What a convolution sees: the patches of its input under the kernel, C_in·k₁·k₂… numbers each, 0
 * where they reach into the padding. Of each example all positions, or some spread evenly: one at
 * random in each of as many stretches of equal length.
 */
final class PatchSampler {
  /** Patches of all examples together, where there are that many. */
  static final int WANTED = 16_384;

  /** Of each example at least, however many there are. */
  private static final int LEAST = 16;

  /** Numbers handed on at a time. */
  private static final int CHUNK = 1 << 20;

  private final NodeProto node;
  private final Convolution layer;
  private final int perExample;
  private final SplittableRandom random;

  /**
   * @param node one that uses the layer's kernel
   * @param examples how many will come
   */
  PatchSampler(NodeProto node, Convolution layer, int examples) {
    this.node = node;
    this.layer = layer;
    this.perExample = Math.max(LEAST, (WANTED + examples - 1) / examples);
    this.random = new SplittableRandom(1);
  }

  /** How the kernel moves along one axis of an input. */
  private record Axis(int size, int kernel, int stride, int dilation, int before, int steps) {
    /** Where the kernel's place {@code k} falls in the input, beyond it in the padding. */
    int at(int step, int k) {
      return step * stride - before + k * dilation;
    }
  }

  /**
   * The patches of a batch, as rows ordered as the columns of the layer's W.
   *
   * @param values N × C_in × i₁ × i₂…, as their shape says
   */
  void sample(float[] values, List<Long> shape, Consumer<Rows> consumer) {
    int axes = layer.kernel().size();
    Axis[] window = new Axis[axes];
    int positions = 1;
    for (int a = 0; a < axes; a++) {
      window[a] = axis(a, Math.toIntExact(shape.get(2 + a)));
      positions = Math.multiplyExact(positions, window[a].steps);
    }
    int kept = Math.min(positions, perExample);
    int rows = Math.max(1, CHUNK / layer.cols());
    int each = values.length / Math.toIntExact(shape.get(0));
    for (int from = 0; from < values.length; from += each) {
      for (int first = 0; first < kept; first += rows) {
        int count = Math.min(rows, kept - first);
        float[] patches = new float[Math.multiplyExact(count, layer.cols())];
        for (int i = 0; i < count; i++) {
          int position = stratified(first + i, kept, positions);
          fill(values, from, window, position, patches, i * layer.cols());
        }
        consumer.accept(Rows.owning(layer.cols(), patches));
      }
    }
  }

  /** A position in stretch {@code index} of {@code count}; each is the only one where all fit. */
  private int stratified(int index, int count, int positions) {
    int low = (int) ((long) index * positions / count);
    int high = (int) ((index + 1L) * positions / count);
    return high - low == 1 ? low : random.nextInt(low, high);
  }

  private Axis axis(int a, int size) {
    int kernel = layer.kernel().get(a);
    int stride = attribute("strides", a, 1);
    int dilation = attribute("dilations", a, 1);
    int reach = dilation * (kernel - 1) + 1;
    String auto = OnnxGraph.text(node, "auto_pad", "NOTSET");
    int before = 0;
    int after = 0;
    if (auto.equals("SAME_UPPER") || auto.equals("SAME_LOWER")) {
      int total = Math.max(0, ((size + stride - 1) / stride - 1) * stride + reach - size);
      before = auto.equals("SAME_UPPER") ? total / 2 : total - total / 2;
      after = total - before;
    } else if (!auto.equals("VALID")) {
      before = attribute("pads", a, 0);
      after = attribute("pads", layer.kernel().size() + a, 0);
    }
    int steps = (size + before + after - reach) / stride + 1;
    return new Axis(size, kernel, stride, dilation, before, steps);
  }

  private int attribute(String name, int index, long absent) {
    int count = name.equals("pads") ? 2 * layer.kernel().size() : layer.kernel().size();
    return Math.toIntExact(
        OnnxGraph.integers(node, name, Collections.nCopies(count, absent)).get(index));
  }

  private void fill(float[] values, int from, Axis[] window, int position, float[] to, int at) {
    int places = layer.positions();
    int channel = 1;
    for (Axis axis : window) {
      channel *= axis.size;
    }
    for (int place = 0; place < places; place++) {
      int source = source(window, position, place);
      for (int c = 0; source >= 0 && c < layer.inputs(); c++) {
        to[at + c * places + place] = values[from + c * channel + source];
      }
    }
  }

  /** Where in a channel a place of the kernel falls, −1 in the padding. */
  private static int source(Axis[] window, int position, int place) {
    int source = 0;
    int below = 1;
    for (int a = window.length - 1; a >= 0; a--) {
      Axis axis = window[a];
      int i = axis.at(position % axis.steps, place % axis.kernel);
      if (i < 0 || i >= axis.size) {
        return -1;
      }
      source += i * below;
      below *= axis.size;
      position /= axis.steps;
      place /= axis.kernel;
    }
    return source;
  }
}
