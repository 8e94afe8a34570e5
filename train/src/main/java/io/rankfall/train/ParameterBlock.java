package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.rankfall.train.graph.Layer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A layer with parameters for which DJL has no block, or one of another convention. */
final class ParameterBlock extends AbstractBlock {
  private final Layer layer;
  private final List<Parameter> arrays = new ArrayList<>();

  ParameterBlock(Layer layer) {
    this.layer = layer;
    for (var parameter : layer.parameters()) {
      Shape shape = new Shape(parameter.shape().stream().mapToLong(n -> n).toArray());
      arrays.add(
          addParameter(
              Parameter.builder()
                  .setName(parameter.name())
                  .setType(Parameter.Type.OTHER)
                  .optShape(shape)
                  .build()));
    }
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store,
      NDList inputs,
      boolean training,
      @Nullable PairList<String, Object> options) {
    NDArray x = inputs.singletonOrThrow();
    List<NDArray> own =
        arrays.stream().map(p -> store.getValue(p, x.getDevice(), training)).toList();
    return new NDList(LayerOperations.apply(layer, x, own));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    long[] dimensions = inputs[0].getShape();
    List<Integer> example = new ArrayList<>();
    for (int i = 1; i < dimensions.length; i++) {
      example.add(Math.toIntExact(dimensions[i]));
    }
    return new Shape[] {
      new Shape(dimensions[0])
          .addAll(new Shape(layer.output(List.of(example)).stream().mapToLong(n -> n).toArray()))
    };
  }
}
