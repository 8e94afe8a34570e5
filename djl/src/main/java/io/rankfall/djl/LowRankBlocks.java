package io.rankfall.djl;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Convolution;
import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Decomposition;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy;
import io.rankfall.compress.WeightFactors;
import io.rankfall.djl.FactoredBlock.SkippedBlock;
import io.rankfall.spectra.NonFiniteException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Makes DJL blocks smaller by replacing layers by chains of DJL's own smaller layers, which go on
 * training, and are saved and loaded, as any others:
 *
 * <pre>{@code
 * FactoredBlock small = LowRankBlocks.factor(model.getBlock(), new RankPolicy.ParameterBudget(0.25));
 * model.setBlock(small.block());
 * }</pre>
 *
 * <p>{@link ai.djl.nn.core.Linear Linear} becomes two of them, {@link Convolution} a chain of two
 * or three, whichever {@link Decomposition} loses least for its numbers. The chain is a
 * SequentialBlock in the layer's place, with the layer's bias, data type and device; what was
 * frozen stays frozen. A layer that occurs several times becomes one chain that does.
 *
 * <p>The given block is changed in place, for DJL has no copies of blocks. That goes for layers in
 * {@link SequentialBlock}s and for a block that is a layer itself; others are left alone and {@link
 * FactoredBlock#skipped} says why. A {@link ai.djl.training.Trainer Trainer} made before goes on
 * with the old layers: make a new one. The old weights stay with their manager until that is
 * closed.
 */
public final class LowRankBlocks {
  private LowRankBlocks() {}

  /**
   * Factors all layers that can be and get smaller.
   *
   * @param policy shares are of all numbers in the block's parameters, running means included
   * @throws BudgetException if the policy is a budget that no ranks meet; nothing has changed
   * @throws NonFiniteException naming the layer, if a weight is NaN or infinite; nothing has
   *     changed
   * @throws IllegalStateException naming the layer, if it has no weights yet
   */
  public static FactoredBlock factor(Block block, RankPolicy policy) throws BudgetException {
    return factor(block, policy, name -> true);
  }

  /**
   * As {@link #factor(Block, RankPolicy)}.
   *
   * @param layers which of them, by the names of {@link BlockWeights}, may be factored
   */
  public static FactoredBlock factor(Block block, RankPolicy policy, Predicate<String> layers)
      throws BudgetException {
    BlockScan scan = new BlockScan(block);
    Map<String, Block> chosen = new LinkedHashMap<>();
    List<SkippedBlock> skipped = new ArrayList<>(scan.skipped());
    scan.layers()
        .forEach(
            (name, layer) -> {
              if (layers.test(name)) {
                chosen.put(name, layer);
              } else {
                skipped.add(new SkippedBlock(name, "left out by the caller"));
              }
            });
    WeightFactors factors = factors(chosen);
    RankPlan plan = factors.plan(policy, parameters(block));
    Map<String, Decomposition> how = new FactoredBlock(block, plan, skipped).ranks().layers();
    IdentityHashMap<Block, Block> chains = new IdentityHashMap<>();
    chosen.forEach(
        (name, layer) -> {
          Decomposition into = how.get(name);
          if (into != null) {
            chains.put(layer, LayerChain.of(layer, into, factors.factors(name, into)));
          }
        });
    return new FactoredBlock(replaced(block, scan, chains), plan, skipped);
  }

  /**
   * The block with the structure of an earlier {@link FactoredBlock}, of which {@code ranks} are.
   * Layers without weights become chains without, to be loaded by {@link Block#loadParameters} or
   * drawn by {@link Block#initialize}; others are factored.
   *
   * @throws IllegalArgumentException if {@code ranks} name a layer that cannot be factored here, or
   *     a rank that it cannot have; nothing has changed
   */
  public static Block withRanks(Block block, BlockRanks ranks) {
    BlockScan scan = new BlockScan(block);
    IdentityHashMap<Block, Block> chains = new IdentityHashMap<>();
    ranks
        .layers()
        .forEach(
            (name, how) -> {
              Block layer = scan.layers().get(name);
              if (layer == null) {
                throw new IllegalArgumentException(
                    "ranks: expected layers among %s, found %s"
                        .formatted(scan.layers().keySet(), name));
              }
              chains.put(layer, chain(name, layer, how));
            });
    return replaced(block, scan, chains);
  }

  private static Block chain(String name, Block layer, Decomposition how) {
    requireKind(name, layer, how);
    return BlockWeights.weight(layer).isInitialized()
        ? LayerChain.of(layer, how, factors(Map.of(name, layer)).factors(name, how))
        : LayerChain.of(layer, how);
  }

  private static void requireKind(String name, Block layer, Decomposition how) {
    int dimensions =
        layer instanceof Convolution convolution ? convolution.getKernelShape().dimension() : 0;
    if ((how instanceof Decomposition.Spatial && dimensions != 2)
        || (how instanceof Decomposition.Tucker && dimensions == 0)) {
      throw new IllegalArgumentException(
          "ranks: layer %s (%s) has no %s decomposition"
              .formatted(name, layer.getClass().getSimpleName(), how.kind()));
    }
  }

  private static WeightFactors factors(Map<String, Block> layers) {
    List<WeightFactors.Weight> weights = new ArrayList<>();
    layers.forEach(
        (name, layer) ->
            weights.add(new WeightFactors.Weight(BlockWeights.matrix(name, layer), kernel(layer))));
    return new WeightFactors(weights);
  }

  private static List<Integer> kernel(Block layer) {
    if (!(layer instanceof Convolution convolution)) {
      return List.of();
    }
    Shape kernel = convolution.getKernelShape();
    return IntStream.range(0, kernel.dimension()).mapToObj(i -> (int) kernel.get(i)).toList();
  }

  /** Numbers in all parameters, each once. */
  private static long parameters(Block block) {
    Set<Parameter> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.addAll(block.getParameters().values());
    return distinct.stream()
        .filter(Parameter::isInitialized)
        .mapToLong(parameter -> parameter.getArray().size())
        .sum();
  }

  private static Block replaced(Block block, BlockScan scan, IdentityHashMap<Block, Block> chains) {
    for (SequentialBlock sequence : scan.sequences()) {
      List<Block> children = sequence.getChildren().values();
      if (children.stream().anyMatch(chains::containsKey)) {
        children.forEach(child -> sequence.removeLastBlock());
        children.forEach(child -> sequence.add(chains.getOrDefault(child, child)));
      }
    }
    return chains.getOrDefault(block, block);
  }
}
