package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.graph.Cut;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.Parameter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts a network that was made smaller back into the shapes of the whole one. */
final class Expansion {
  private final Network small;
  private final LayerGraph whole;
  private final Map<String, Cut> cuts = new HashMap<>();

  Expansion(CutArchitecture architecture, Network small) {
    this.small = small;
    this.whole = architecture.whole().graph();
    architecture.cuts().forEach(cut -> cuts.put(cut.layer(), cut));
  }

  /** All parameters of the whole network, which computes what the small one does. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (LayerGraph.Node node : whole.nodes()) {
      for (Parameter parameter : node.layer().parameters()) {
        tensors.put(node.parameter(parameter), tensor(node, parameter));
      }
    }
    return tensors;
  }

  private Tensor tensor(LayerGraph.Node node, Parameter parameter) {
    Cut cut = cuts.get(node.name());
    if (cut == null) {
      return padded(parameter, small.tensor(node.parameter(parameter)));
    }
    List<String> links = cut.links();
    if (parameter.role() != Parameter.Role.WEIGHT) {
      String last = links.get(links.size() - 1);
      return padded(parameter, small.tensor(last + "." + parameter.name()));
    }
    Kernel kernel = Kernel.of(small.tensor(links.get(0) + "." + parameter.name()));
    for (String link : links.subList(1, links.size())) {
      kernel = Kernel.of(small.tensor(link + "." + parameter.name())).after(kernel);
    }
    return padded(parameter, kernel.tensor(parameter.shape().size()));
  }

  /** In the first places of each dimension; what was cut away neither takes nor gives anything. */
  private static Tensor padded(Parameter parameter, Tensor found) {
    if (parameter.shape().equals(found.shape())) {
      return found;
    }
    float fill = parameter.role() == Parameter.Role.ONES ? 1 : 0;
    Matrix from = found.matrix();
    float[] values = new float[Math.toIntExact(parameter.size())];
    Arrays.fill(values, fill);
    for (int row = 0; row < from.rows(); row++) {
      for (int col = 0; col < from.cols(); col++) {
        values[row * parameter.cols() + col] = from.get(row, col);
      }
    }
    return Tensor.of(parameter.shape(), values);
  }

  /** Weights of a convolution, or of a linear layer as one of a single position. */
  private static final class Kernel {
    private final int outputs;
    private final int inputs;
    private final int height;
    private final int width;
    private final float[] values;

    private Kernel(int outputs, int inputs, int height, int width, float[] values) {
      this.outputs = outputs;
      this.inputs = inputs;
      this.height = height;
      this.width = width;
      this.values = values;
    }

    static Kernel of(Tensor tensor) {
      List<Integer> shape = tensor.shape();
      boolean linear = shape.size() == 2;
      return new Kernel(
          shape.get(0),
          shape.get(1),
          linear ? 1 : shape.get(2),
          linear ? 1 : shape.get(3),
          tensor.toArray());
    }

    Tensor tensor(int dimensions) {
      List<Integer> shape = List.of(outputs, inputs, height, width);
      return Tensor.of(shape.subList(0, dimensions), values);
    }

    private int at(int output, int input, int y, int x) {
      return ((output * inputs + input) * height + y) * width + x;
    }

    /** One layer that does what {@code first} and then this do. */
    Kernel after(Kernel first) {
      int rows = first.height + height - 1;
      int columns = first.width + width - 1;
      Kernel product =
          new Kernel(
              outputs,
              first.inputs,
              rows,
              columns,
              new float[Math.multiplyExact(outputs * first.inputs, rows * columns)]);
      int positions = first.height * first.width;
      for (int o = 0; o < outputs; o++) {
        for (int r = 0; r < inputs; r++) {
          for (int p = 0; p < height * width; p++) {
            float factor = values[at(o, r, p / width, p % width)];
            for (int i = 0; i < first.inputs; i++) {
              for (int q = 0; q < positions; q++) {
                int y = q / first.width;
                int x = q % first.width;
                product.values[product.at(o, i, y + p / width, x + p % width)] +=
                    factor * first.values[first.at(r, i, y, x)];
              }
            }
          }
        }
      }
      return product;
    }
  }
}
