package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import io.rankfall.train.graph.Layer;
import java.util.List;
import java.util.function.ToIntFunction;

/** The computations of {@link Layer} in DJL; arrays have the batch first. */
final class LayerOperations {
  private static final float LEAK = 0.01f;

  /** Masked scores: exp of it is 0, and 0 times it is no NaN. */
  private static final float UNSEEN = -1e9f;

  private LayerOperations() {}

  static Block block(Layer.Linear linear) {
    return Linear.builder().setUnits(linear.outputs()).optBias(linear.bias()).build();
  }

  static Block block(Layer.Convolution convolution) {
    return Conv2d.builder()
        .setFilters(convolution.outputs())
        .setKernelShape(of(convolution, Layer.Window::size))
        .optStride(of(convolution, Layer.Window::stride))
        .optPadding(of(convolution, Layer.Window::padding))
        .optBias(convolution.bias())
        .build();
  }

  static Block batchNorm() {
    // DJL's momentum is the share that stays, PyTorch's and ours the share that moves.
    return ai.djl.nn.norm.BatchNorm.builder()
        .optEpsilon((float) BatchNorm.EPSILON)
        .optMomentum((float) (1 - BatchNorm.MOMENTUM))
        .build();
  }

  private static Shape of(Layer.Convolution convolution, ToIntFunction<Layer.Window> what) {
    return new Shape(
        what.applyAsInt(convolution.vertical()), what.applyAsInt(convolution.horizontal()));
  }

  private static Shape square(int side) {
    return new Shape(side, side);
  }

  /** Of a layer without parameters. */
  static NDArray apply(Layer layer, NDList inputs) {
    NDArray x = inputs.get(0);
    if (layer instanceof Layer.Activation activation) {
      return apply(activation, x);
    } else if (layer instanceof Layer.MaxPool pool) {
      Shape side = square(pool.side());
      return Pool.maxPool2d(x, side, side, square(0), false);
    } else if (layer instanceof Layer.Mean) {
      return x.getShape().dimension() == 4
          ? positions(x).mean(new int[] {2})
          : x.mean(new int[] {1});
    } else if (layer instanceof Layer.Flatten) {
      return x.reshape(x.getShape().get(0), -1);
    } else if (layer instanceof Layer.Add) {
      return x.add(inputs.get(1));
    } else if (layer instanceof Layer.Tokens) {
      return positions(x).transpose(0, 2, 1);
    } else if (layer instanceof Layer.Attention attention) {
      return attend(attention, x, inputs.get(1), inputs.get(2));
    }
    throw new IllegalStateException("layer %s: expected one without parameters".formatted(layer));
  }

  private static NDArray apply(Layer.Activation activation, NDArray x) {
    return switch (activation) {
      case RELU -> Activation.relu(x);
      case LEAKY_RELU -> Activation.leakyRelu(x, LEAK);
      case GELU -> Activation.gelu(x);
    };
  }

  /** Of a layer that is a {@link ParameterBlock}. */
  static NDArray apply(Layer layer, NDArray x, List<NDArray> parameters) {
    NDArray weight = parameters.get(0);
    if (layer instanceof Layer.Local local) {
      return local(local, x, weight).add(parameters.get(1));
    } else if (layer instanceof Layer.Embedding) {
      NDArray tokens = x.toType(DataType.INT64, false);
      return Embedding.embedding(tokens, weight, SparseFormat.DENSE).get(0);
    } else if (layer instanceof Layer.Positions) {
      return x.add(weight);
    } else if (layer instanceof Layer.LayerNorm norm) {
      return ai.djl.nn.norm.LayerNorm.layerNorm(
              x, new Shape(norm.width()), weight, parameters.get(1), (float) BatchNorm.EPSILON)
          .get(0);
    } else if (layer instanceof Layer.NormalizedLinear linear) {
      NDArray lengths = weight.square().sum(new int[] {1}, true).sqrt();
      NDArray w = weight.div(lengths).mul(parameters.get(1).reshape(-1, 1));
      return (linear.bias() ? Linear.linear(x, w, parameters.get(2)) : Linear.linear(x, w)).get(0);
    }
    throw new IllegalStateException("layer %s: expected one with parameters".formatted(layer));
  }

  /** One product for each square. */
  private static NDArray local(Layer.Local layer, NDArray x, NDArray weight) {
    long batch = x.getShape().get(0);
    int side = layer.side();
    return x.reshape(
            batch, layer.channels(), layer.height() / side, side, layer.width() / side, side)
        .transpose(2, 4, 0, 1, 3, 5)
        .reshape(layer.squares(), batch, layer.inputs())
        .matMul(weight)
        .transpose(1, 0, 2)
        .reshape(batch, (long) layer.squares() * layer.units());
  }

  /** Batch × channels × positions. */
  private static NDArray positions(NDArray image) {
    Shape shape = image.getShape();
    return image.reshape(shape.get(0), shape.get(1), -1);
  }

  private static NDArray attend(Layer.Attention layer, NDArray q, NDArray k, NDArray v) {
    Shape shape = q.getShape();
    int tokens = Math.toIntExact(shape.get(1));
    NDArray scores =
        heads(layer, q).matMul(heads(layer, k).transpose(0, 1, 3, 2)).div(scale(layer, q));
    if (layer.causal()) {
      scores = scores.add(unseen(tokens, q));
    }
    return scores
        .softmax(-1)
        .matMul(heads(layer, v))
        .transpose(0, 2, 1, 3)
        .reshape(shape.get(0), tokens, layer.width());
  }

  /**
   * The square root of a head's width. PyTorch keeps a divisor until the gradients are made; DJL
   * would keep a number in Java's memory, which may be collected before.
   */
  private static NDArray scale(Layer.Attention layer, NDArray like) {
    double width = (double) layer.width() / layer.heads();
    float[] root = {(float) Math.sqrt(width)};
    return PyTorch.copy(root, new Shape(1), like.getManager());
  }

  /** Batch × heads × tokens × width of a head. */
  private static NDArray heads(Layer.Attention layer, NDArray x) {
    Shape shape = x.getShape();
    return x.reshape(shape.get(0), shape.get(1), layer.heads(), layer.width() / layer.heads())
        .transpose(0, 2, 1, 3);
  }

  /** What is added to scores: tokens × tokens. */
  private static NDArray unseen(int tokens, NDArray like) {
    float[] mask = new float[tokens * tokens];
    for (int i = 0; i < tokens; i++) {
      for (int j = i + 1; j < tokens; j++) {
        mask[i * tokens + j] = UNSEEN;
      }
    }
    return like.getManager().create(mask, new Shape(tokens, tokens));
  }
}
