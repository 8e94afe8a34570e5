package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import io.rankfall.compress.LinearLayer.Layout;
import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** The nodes that replace each node of a layer, all of its operator. */
final class Chain {
  /**
   * One of them.
   *
   * @param suffix of its name and that of its weights
   * @param weights without a name until the link is {@link #named}
   * @param attributes made of those of the node that is replaced
   */
  record Link(
      String suffix,
      TensorProto weights,
      Function<List<AttributeProto>, List<AttributeProto>> attributes) {
    Link named(String name) {
      return new Link(suffix, weights.toBuilder().setName(name).build(), attributes);
    }

    Link inTypeOf(TensorProto replaced) {
      return new Link(suffix, Tensors.inTypeOf(replaced, weights), attributes);
    }

    List<AttributeProto> attributes(NodeProto replaced) {
      return attributes.apply(replaced.getAttributeList());
    }
  }

  private Chain() {}

  static List<Link> of(Layer layer, Factors factors) {
    if (layer instanceof LinearLayer linear) {
      return linear(linear.layout(), factors.matrices());
    }
    return convolutions((Convolution) layer, factors);
  }

  /** The last product takes the attributes: alpha and beta of a Gemm scale its output and bias. */
  private static List<Link> linear(Layout layout, List<Matrix> matrices) {
    boolean outputsFirst = layout == Layout.OUTPUTS_FIRST;
    Matrix right = matrices.get(0);
    Matrix left = matrices.get(1);
    return List.of(
        new Link(
            "right",
            Tensors.of("", outputsFirst ? right : right.transposed()),
            old -> outputsFirst ? List.of(integer("transB", 1)) : List.of()),
        new Link("left", Tensors.of("", outputsFirst ? left : left.transposed()), old -> old));
  }

  private static List<Link> convolutions(Convolution layer, Factors factors) {
    Matrix first = factors.matrices().get(0);
    Matrix second = factors.matrices().get(1);
    List<Integer> kernel = layer.kernel();
    List<Integer> point = Collections.nCopies(kernel.size(), 1);
    Decomposition how = factors.how();
    if (how instanceof Channel) {
      return List.of(
          new Link("right", tensor(first, layer.inputs(), kernel), old -> old),
          new Link("left", tensor(second, first.rows(), point), old -> List.of()));
    }
    if (how instanceof Spatial) {
      return List.of(
          new Link(
              "vertical",
              tensor(first, layer.inputs(), List.of(kernel.get(0), 1)),
              old -> alongAxis(old, 0)),
          new Link(
              "horizontal",
              horizontal(second, layer.outputs(), kernel.get(1)),
              old -> alongAxis(old, 1)));
    }
    if (how instanceof Tucker) {
      Matrix third = factors.matrices().get(2);
      return List.of(
          new Link("in", tensor(first, layer.inputs(), point), old -> List.of()),
          new Link("core", tensor(second, first.rows(), kernel), old -> old),
          new Link("out", tensor(third, second.rows(), point), old -> List.of()));
    }
    throw new IllegalArgumentException("layer %s has no %s".formatted(layer.name(), how));
  }

  /** Rows are output channels, columns input channel by input channel. */
  private static TensorProto tensor(Matrix w, int inputs, List<Integer> kernel) {
    List<Long> dims = new ArrayList<>(List.of((long) w.rows(), (long) inputs));
    kernel.forEach(k -> dims.add((long) k));
    return Tensors.of("", w.toArray(), dims.stream().mapToLong(d -> d).toArray());
  }

  /** L (C_out·k₂) × r as C_out × r × 1 × k₂. */
  private static TensorProto horizontal(Matrix left, int outputs, int width) {
    int rank = left.cols();
    float[] values = new float[(int) left.size()];
    for (int o = 0; o < outputs; o++) {
      for (int j = 0; j < width; j++) {
        for (int q = 0; q < rank; q++) {
          values[(o * rank + q) * width + j] = left.get(o * width + j, q);
        }
      }
    }
    return Tensors.of("", values, outputs, rank, 1, width);
  }

  /**
   * The attributes of a two-dimensional convolution that acts along one axis only: along the other
   * its kernel, stride and dilation are 1 and it pads nothing. {@code auto_pad} computes that by
   * itself.
   */
  private static List<AttributeProto> alongAxis(List<AttributeProto> old, int axis) {
    List<AttributeProto> attributes = new ArrayList<>();
    for (AttributeProto attribute : old) {
      attributes.add(
          switch (attribute.getName()) {
            case "kernel_shape", "strides", "dilations" -> others(attribute, axis, 1);
            case "pads" -> others(attribute, axis, 0);
            default -> attribute;
          });
    }
    return attributes;
  }

  /** Integers of both axes, perhaps twice, with {@code neutral} on the other axis. */
  private static AttributeProto others(AttributeProto attribute, int axis, long neutral) {
    AttributeProto.Builder result = attribute.toBuilder();
    for (int i = 0; i < attribute.getIntsCount(); i++) {
      if (i % 2 != axis) {
        result.setInts(i, neutral);
      }
    }
    return result.build();
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }
}
