package io.rankfall.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Block;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.List;

/**
 * The running variances of normalisations that see one value a channel in a single example: one
 * value has no variance, so a step of one example leaves them as they are.
 */
final class SingleValueVariances {
  private final List<NDArray> variances = new ArrayList<>();
  private List<NDArray> saved = List.of();

  /** Of an initialized block. */
  SingleValueVariances(Block block) {
    find(block);
  }

  private void find(Block block) {
    if (block instanceof BatchNorm norm && norm.describeInput().valueAt(0).slice(2).size() == 1) {
      variances.add(norm.getDirectParameters().get("runningVar").getArray());
    }
    for (Pair<String, Block> child : block.getChildren()) {
      find(child.getValue());
    }
  }

  boolean isEmpty() {
    return variances.isEmpty();
  }

  void save() {
    saved = variances.stream().map(NDArray::duplicate).toList();
  }

  /** Undoes what was done to them since {@link #save}. */
  void restore() {
    for (int i = 0; i < saved.size(); i++) {
      variances.get(i).set(new NDIndex(":"), saved.get(i));
      saved.get(i).close();
    }
    saved = List.of();
  }
}
