package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import io.rankfall.compress.Objective.DataAware;
import io.rankfall.compress.Objective.Order;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.SymmetricMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions fitted to what they see, run in ONNX Runtime. */
class FittedConvolutionTest {
  private static final int IN = 4;
  private static final int OUT = 6;

  private enum Bias {
    NONE,
    OWN,
    ADDED,
    ADDED_CONSTANT,
    NORMALIZED
  }

  private static AttributeProto numbers(String name, long... values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INTS)
        .addAllInts(LongStream.of(values).boxed().toList())
        .build();
  }

  private static AttributeProto auto(String value) {
    return AttributeProto.newBuilder()
        .setName("auto_pad")
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  private static Arguments of(
      long[] input, long[] kernel, Bias bias, AttributeProto... attributes) {
    return Arguments.of(input, kernel, bias, List.of(attributes));
  }

  static Stream<Arguments> convolutions() {
    long[] image = {11, 13};
    long[] square = {3, 3};
    return Stream.of(
        of(image, square, Bias.OWN),
        of(image, square, Bias.NONE, numbers("pads", 1, 1, 1, 1)),
        of(image, square, Bias.ADDED, numbers("pads", 0, 2, 1, 1), numbers("strides", 2, 1)),
        of(image, square, Bias.ADDED_CONSTANT, auto("SAME_UPPER"), numbers("strides", 2, 3)),
        of(image, square, Bias.NORMALIZED, auto("SAME_LOWER"), numbers("strides", 2, 2)),
        of(image, new long[] {4, 2}, Bias.OWN, auto("SAME_LOWER")),
        of(image, new long[] {2, 5}, Bias.OWN, auto("VALID"), numbers("dilations", 2, 1)),
        of(image, square, Bias.OWN, numbers("pads", 2, 0, 2, 3), numbers("dilations", 1, 2)),
        of(image, new long[] {1, 1}, Bias.OWN, numbers("strides", 2, 3)),
        of(new long[] {40}, new long[] {5}, Bias.ADDED, numbers("pads", 2, 1)),
        of(
            new long[] {6, 5, 7},
            new long[] {2, 3, 2},
            Bias.NORMALIZED,
            numbers("strides", 1, 2, 1)));
  }

  private static OnnxModel model(
      long[] input, long[] size, Bias bias, List<AttributeProto> attributes)
      throws ModelFormatException {
    SplittableRandom random = new SplittableRandom(1);
    long places = LongStream.of(size).reduce(1, (a, b) -> a * b);
    Matrix kernel = Matrix.gaussian(OUT, (int) (IN * places), random);
    long[] dims = LongStream.concat(LongStream.of(OUT, IN), LongStream.of(size)).toArray();
    GraphProto.Builder graph =
        GraphProto.newBuilder().addInitializer(Tensors.of("k", kernel.toArray(), dims));
    float[] values = {1, -2, 3, .5f, 0, 7};
    NodeProto.Builder conv =
        NodeProto.newBuilder()
            .setOpType("Conv")
            .setName("conv")
            .addInput("x")
            .addInput("k")
            .addAllAttribute(attributes);
    if (bias == Bias.NONE || bias == Bias.OWN) {
      if (bias == Bias.OWN) {
        graph.addInitializer(Tensors.of("b", values, OUT));
        conv.addInput("b");
      }
      graph.addNode(conv.addOutput("y"));
    } else {
      graph.addNode(conv.addOutput("product"));
      long[] broadcast = new long[1 + size.length];
      Arrays.fill(broadcast, 1);
      broadcast[0] = OUT;
      boolean normalized = bias == Bias.NORMALIZED;
      if (bias == Bias.ADDED_CONSTANT) {
        graph.addNode(
            NodeProto.newBuilder()
                .setOpType("Constant")
                .addOutput("b")
                .addAttribute(AppendedNodes.tensor("value", Tensors.of("", values, broadcast))));
      } else {
        graph.addInitializer(Tensors.of("b", values, normalized ? new long[] {OUT} : broadcast));
      }
      NodeProto.Builder next = NodeProto.newBuilder().addInput("product").addOutput("y");
      if (normalized) {
        graph
            .addInitializer(Tensors.of("scale", new float[] {1, 1, 1, 1, 1, 1}, OUT))
            .addInitializer(Tensors.of("shift", new float[] {0, 1, 2, 0, 0, 0}, OUT))
            .addInitializer(Tensors.of("variance", new float[] {1, 1, 1, 1, 1, 1}, OUT));
        next.setOpType("BatchNormalization")
            .addAllInput(List.of("scale", "shift", "b", "variance"))
            .addAttribute(AppendedNodes.real("epsilon", 0));
      } else {
        next.setOpType("Add").addInput("b");
      }
      graph.addNode(next);
    }
    return FactoredGraphTest.model(
        graph, LongStream.concat(LongStream.of(IN), LongStream.of(input)).toArray());
  }

  /** The promised loss is the mean square of what changes, and the mean stays. */
  @ParameterizedTest
  @MethodSource("convolutions")
  void losesWhatItPromisesAndLessThanThePlainOnes(
      long[] input, long[] size, Bias bias, List<AttributeProto> attributes) throws Exception {
    OnnxModel model = model(input, size, bias, attributes);
    int width = (int) LongStream.of(input).reduce(IN, (a, b) -> a * b);
    Rows rows = Networks.rows(3, 12, width);
    Layer layer = model.layers().get(0);
    Calibration seen = Calibration.gather(model, ModelInputs.of(rows));
    Compressor aware = new Compressor(model, new DataAware(seen, Order.INDEPENDENT));
    Compressor plain = new Compressor(model);
    double[] dense = means(model, rows);
    double norm = layer.weight().matrix().frobeniusNorm();
    // Losses are those under C drawn towards t·I by a share ρ, and by a thousandth:
    // (1−ρ)·lost + (ρ + 0.001)·t·‖Δ‖².
    SymmetricMatrix patches = seen.inputs(layer);
    double share = 1 - patches.shrunk(seen.span(layer).seen()).get(0, 1) / patches.get(0, 1);
    double mean = norm * norm * patches.trace() / layer.cols();
    double slack = 2e-3 * mean;
    List<Decomposition> tried = new ArrayList<>();
    for (List<RankOptions.Option> kind : aware.optionsOfEachKind(layer)) {
      for (int k = 0; k < kind.size(); k += Math.max(1, kind.size() / 3)) {
        RankOptions.Option option = kind.get(k);
        OnnxModel made = aware.factored(List.of(aware.alone(layer, option.how())));
        double promised = option.lossShare() * aware.truncation(layer).loss(0);
        double lost = meanSquare(model, made, rows);
        assertThat(lost)
            .as("%s", option.how())
            .isCloseTo(promised, within(slack + share * (mean + promised) + 0.01 * promised));
        if (bias != Bias.NONE) {
          double[] found = means(made, rows);
          for (int c = 0; c < OUT; c++) {
            assertThat(found[c]).isCloseTo(dense[c], within(2e-3));
          }
        }
        if (option.how() instanceof Decomposition.Channel) {
          OnnxModel other = plain.factored(List.of(plain.alone(layer, option.how())));
          assertThat(lost)
              .isLessThanOrEqualTo(slack + share * mean + meanSquare(model, other, rows));
        }
        tried.add(option.how());
      }
    }
    assertThat(tried).isNotEmpty();
  }

  private static double[] means(OnnxModel model, Rows rows) throws ModelFormatException {
    Rows outputs = Networks.outputs(model, rows);
    double[] means = new double[OUT];
    int positions = outputs.width() / OUT;
    for (int i = 0; i < outputs.count(); i++) {
      for (int j = 0; j < outputs.width(); j++) {
        means[j / positions] += outputs.get(i, j) / ((double) outputs.count() * positions);
      }
    }
    return means;
  }

  /** Of the change of all channels at one position. */
  private static double meanSquare(OnnxModel a, OnnxModel b, Rows rows)
      throws ModelFormatException {
    Rows x = Networks.outputs(a, rows);
    Rows y = Networks.outputs(b, rows);
    double sum = 0;
    for (int i = 0; i < x.count(); i++) {
      for (int j = 0; j < x.width(); j++) {
        sum += Math.pow(x.get(i, j) - (double) y.get(i, j), 2);
      }
    }
    return sum * OUT / ((double) x.count() * x.width());
  }

  /** Where there are more positions than wanted, those taken are spread over all. */
  @Test
  void momentsOfSampledPositionsAreNearThoseOfAll() throws Exception {
    OnnxModel model = model(new long[] {90, 90}, new long[] {3, 3}, Bias.OWN, List.of());
    Rows rows = Networks.rows(3, 4 * IN * 90, 90);
    Rows images = Rows.of(IN * 90 * 90, rows.toArray());
    Layer layer = model.layers().get(0);
    InputMoments some = Calibration.gather(model, ModelInputs.of(images)).of(layer.uses().get(0));
    assertThat(some.count()).isEqualTo(PatchSampler.WANTED);
    double[] all = new double[layer.cols()];
    for (int i = 0; i < 4; i++) {
      for (int k = 0; k < all.length; k++) {
        for (int p = 0; p < 88 * 88; p++) {
          int at = (k / 9 * 90 + p / 88 + k % 9 / 3) * 90 + p % 88 + k % 3;
          all[k] += images.get(i, at) / (4.0 * 88 * 88);
        }
      }
    }
    for (int k = 0; k < all.length; k++) {
      assertThat(some.mean(k)).isCloseTo(all[k], within(0.01));
    }
  }
}
