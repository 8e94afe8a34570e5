package io.rankfall.djl;

import ai.djl.nn.Block;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.SymbolBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.convolutional.Convolution;
import ai.djl.nn.convolutional.Deconvolution;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.util.Pair;
import io.rankfall.djl.FactoredBlock.SkippedBlock;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What of a block can be replaced through DJL's interface: children of a {@link SequentialBlock},
 * whose last can be removed and another added, and the block itself. A {@link ParallelBlock} gives
 * away neither its list of children nor its function, and the code of any other block calls its
 * layers by fields of its own.
 */
final class BlockScan {
  private static final Set<Class<?>> LAYERS =
      Set.of(Linear.class, Conv1d.class, Conv2d.class, Conv3d.class);

  /** What a subclass must not do its own way for its children to be all there is to it. */
  private static final Set<String> SEQUENCE =
      Set.of("forward", "forwardInternal", "getChildren", "add", "removeLastBlock");

  /** By the name where it was found first; one that occurs twice is one layer. */
  private final Map<String, Block> layers = new LinkedHashMap<>();

  private final List<SequentialBlock> sequences = new ArrayList<>();
  private final List<SkippedBlock> skipped = new ArrayList<>();

  private final Set<Block> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final IdentityHashMap<Block, String> names = new IdentityHashMap<>();

  BlockScan(Block block) {
    visit("", block, Optional.empty());
  }

  Map<String, Block> layers() {
    return layers;
  }

  /** All sequences, inner ones too, each once. */
  List<SequentialBlock> sequences() {
    return sequences;
  }

  List<SkippedBlock> skipped() {
    return skipped;
  }

  private void visit(String path, Block block, Optional<String> obstacle) {
    boolean first = seen.add(block);
    if (LAYERS.contains(block.getClass())) {
      layer(path.isEmpty() ? block.getClass().getSimpleName() : path, block, first, obstacle);
      return;
    }
    if (!first) {
      return;
    }
    if (hasMatrix(block)) {
      skipped.add(new SkippedBlock(path.isEmpty() ? kind(block) : path, reason(block)));
    }
    Optional<String> here = Optional.empty();
    if (block instanceof SequentialBlock sequence && isPlain(block.getClass())) {
      sequences.add(sequence);
    } else {
      here = Optional.of(held(path, block));
    }
    for (Pair<String, Block> child : block.getChildren()) {
      visit(BlockWeights.child(path, child.getKey()), child.getValue(), here);
    }
  }

  private void layer(String path, Block layer, boolean first, Optional<String> obstacle) {
    Optional<String> why =
        layer instanceof Convolution convolution && convolution.getGroups() > 1
            ? Optional.of("a convolution in %d groups".formatted(convolution.getGroups()))
            : obstacle;
    if (first) {
      names.put(layer, path);
      if (why.isEmpty()) {
        layers.put(path, layer);
        return;
      }
    } else if (why.isEmpty() || layers.remove(names.get(layer)) == null) {
      return;
    }
    // Where one place of a shared layer cannot be changed, the others would no longer share it.
    skipped.add(new SkippedBlock(String.valueOf(names.get(layer)), why.orElseThrow()));
  }

  private static String held(String path, Block block) {
    String name = path.isEmpty() ? kind(block) : path;
    return block instanceof ParallelBlock
        ? "a branch of %s itself, which DJL cannot replace; inside a SequentialBlock it could"
            .formatted(name)
        : "called by the code of %s (%s)".formatted(kind(block), name);
  }

  private static boolean hasMatrix(Block block) {
    return block.getDirectParameters().values().stream().anyMatch(BlockScan::isMatrix);
  }

  /** Without a shape yet, weights are. */
  private static boolean isMatrix(Parameter parameter) {
    return parameter.getShape() == null
        ? parameter.getType() == Parameter.Type.WEIGHT
        : parameter.getShape().dimension() > 1;
  }

  private static String reason(Block block) {
    if (block instanceof SymbolBlock) {
      return "a SymbolBlock, whose layers are the engine's";
    }
    if (block instanceof RecurrentBlock) {
      return "a recurrent layer";
    }
    if (block instanceof Deconvolution) {
      return "a transposed convolution";
    }
    return block instanceof Linear || block instanceof Convolution
        ? "a subclass %s, which may compute something else".formatted(kind(block))
        : "a %s, not a Linear or Convolution".formatted(kind(block));
  }

  private static String kind(Block block) {
    String simple = block.getClass().getSimpleName();
    return simple.isEmpty() ? block.getClass().getName() : simple;
  }

  /** Whether a subclass of SequentialBlock runs its children as that does. */
  private static boolean isPlain(Class<?> type) {
    for (Class<?> c = type; c != null && c != SequentialBlock.class; c = c.getSuperclass()) {
      if (Arrays.stream(c.getDeclaredMethods()).map(Method::getName).anyMatch(SEQUENCE::contains)) {
        return false;
      }
    }
    return true;
  }
}
