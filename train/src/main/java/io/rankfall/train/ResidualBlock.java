package io.rankfall.train;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import org.jspecify.annotations.Nullable;

/** relu(body(x) + shortcut(x)), or relu(body(x) + x) where there is no shortcut. */
final class ResidualBlock extends AbstractBlock {
  private final Block body;
  private final @Nullable Block shortcut;

  /** {@code shortcut}, or x if it is null, has the shape of {@code body}'s output. */
  ResidualBlock(Block body, @Nullable Block shortcut) {
    this.body = addChildBlock("body", body);
    this.shortcut = shortcut == null ? null : addChildBlock("shortcut", shortcut);
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore parameters,
      NDList inputs,
      boolean training,
      @Nullable PairList<String, Object> options) {
    NDList sum = body.forward(parameters, inputs, training);
    NDList x = shortcut == null ? inputs : shortcut.forward(parameters, inputs, training);
    return Activation.relu(new NDList(sum.singletonOrThrow().add(x.singletonOrThrow())));
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
    body.initialize(manager, type, inputs);
    if (shortcut != null) {
      shortcut.initialize(manager, type, inputs);
    }
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return body.getOutputShapes(inputs);
  }
}
