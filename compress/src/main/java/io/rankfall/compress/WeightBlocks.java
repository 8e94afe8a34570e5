package io.rankfall.compress;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * The matrices that one tensor holds, or why it holds none.
 *
 * @param obstacle empty if there are blocks
 */
record WeightBlocks(MatrixKind kind, List<Block> blocks, Optional<String> obstacle) {
  /** More matrices than this in one tensor are no layers. */
  private static final long MOST_BLOCKS = 4096;

  private static final long MOST_NUMBERS = Integer.MAX_VALUE - 8;

  /**
   * @param suffix behind the name of the weight
   */
  record Block(String suffix, MatrixLayout layout) {}

  WeightBlocks {
    blocks = List.copyOf(blocks);
  }

  static WeightBlocks none(String reason) {
    return new WeightBlocks(MatrixKind.LINEAR, List.of(), Optional.of(reason));
  }

  /** Matrices of the same shape one after another; a lone one has no index. */
  private static WeightBlocks several(
      MatrixKind kind, long count, long rows, long cols, LongFunction<MatrixLayout> layout) {
    Optional<String> obstacle = obstacle(count, rows, cols);
    if (obstacle.isPresent()) {
      return none(obstacle.get());
    }
    List<Block> blocks = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      blocks.add(new Block(count == 1 ? "" : "[" + i + "]", layout.apply(i)));
    }
    return new WeightBlocks(kind, blocks, Optional.empty());
  }

  private static Optional<String> obstacle(long count, long rows, long cols) {
    if (count > MOST_BLOCKS) {
      return Optional.of(
          "%d matrices of %dx%d, more than %d".formatted(count, rows, cols, MOST_BLOCKS));
    }
    if (rows > MOST_NUMBERS || cols > MOST_NUMBERS || rows * cols > MOST_NUMBERS) {
      return Optional.of("%dx%d: more than 2³¹ numbers in one matrix".formatted(rows, cols));
    }
    return Optional.empty();
  }

  /** The last two dimensions are a matrix, those before count them. */
  static WeightBlocks linear(List<Long> shape, boolean outputsFirst) {
    int last = shape.size() - 1;
    long a = shape.get(last - 1);
    long b = shape.get(last);
    long count = StoredTensor.count(shape.subList(0, last - 1));
    return outputsFirst
        ? several(
            MatrixKind.LINEAR,
            count,
            a,
            b,
            i -> MatrixLayout.outputsFirst(i * a * b, (int) a, (int) b))
        : several(
            MatrixKind.LINEAR,
            count,
            b,
            a,
            i -> MatrixLayout.inputsFirst(i * a * b, (int) b, (int) a));
  }

  /** C_out × C_in/groups × k₁ × k₂… */
  static WeightBlocks convolution(List<Long> shape, long groups) {
    long outputs = shape.get(0);
    if (shape.size() < 3 || groups < 1 || outputs % groups != 0) {
      return unequal(shape, outputs, groups);
    }
    long inputs = StoredTensor.count(shape.subList(1, shape.size()));
    if (shape.get(1) == 1 && groups > 1) {
      return several(
          MatrixKind.DEPTHWISE,
          1,
          outputs,
          inputs,
          i -> MatrixLayout.outputsFirst(0, (int) outputs, (int) inputs));
    }
    long rows = outputs / groups;
    return several(
        MatrixKind.CONVOLUTION,
        groups,
        rows,
        inputs,
        i -> MatrixLayout.outputsFirst(i * rows * inputs, (int) rows, (int) inputs));
  }

  /** C_in × C_out/groups × k₁ × k₂… */
  static WeightBlocks transposedConvolution(List<Long> shape, long groups) {
    long inputs = shape.get(0);
    if (shape.size() < 3 || groups < 1 || inputs % groups != 0) {
      return unequal(shape, inputs, groups);
    }
    long rows = shape.get(1);
    long kernel = StoredTensor.count(shape.subList(2, shape.size()));
    long each = inputs / groups;
    if (rows == 1 && groups > 1) {
      // One output a group: what the groups stack is C_out × (C_in/groups·k).
      return several(
          MatrixKind.DEPTHWISE,
          1,
          groups,
          each * kernel,
          i -> MatrixLayout.outputsFirst(0, (int) groups, (int) (each * kernel)));
    }
    return several(
        MatrixKind.TRANSPOSED_CONVOLUTION,
        groups,
        rows,
        each * kernel,
        i ->
            new MatrixLayout(
                i * each * rows * kernel, (int) each, (int) rows, 0, (int) rows, (int) kernel));
  }

  private static WeightBlocks unequal(List<Long> shape, long channels, long groups) {
    return none(
        "a convolution of %s with %d channels in %d groups"
            .formatted(Tensors.shape(shape), channels, groups));
  }

  /** Directions × gates·hidden × inputs. */
  static WeightBlocks recurrent(List<Long> shape, String part) {
    if (shape.size() != 3) {
      return none("expected directions x gates x inputs, found " + Tensors.shape(shape));
    }
    long rows = shape.get(1);
    long cols = shape.get(2);
    WeightBlocks gates =
        several(
            MatrixKind.RECURRENT,
            shape.get(0),
            rows,
            cols,
            i -> MatrixLayout.outputsFirst(i * rows * cols, (int) rows, (int) cols));
    return new WeightBlocks(
        gates.kind,
        gates.blocks.stream().map(b -> new Block(part + b.suffix, b.layout)).toList(),
        gates.obstacle);
  }

  /**
   * Inputs × outputs with several matrices side by side.
   *
   * @param widths the outputs of each
   */
  static WeightBlocks sideBySide(List<Long> shape, List<String> names, List<Long> widths) {
    long total = StoredTensor.count(widths);
    if (shape.size() != 2
        || total < 1
        || widths.size() != names.size()
        || widths.stream().mapToLong(w -> w).sum() != shape.get(1)) {
      return none(
          "expected inputs x %s, found %s"
              .formatted(String.join("+", names), Tensors.shape(shape)));
    }
    Optional<String> obstacle = obstacle(1, shape.get(0), shape.get(1));
    if (obstacle.isPresent()) {
      return none(obstacle.get());
    }
    int inputs = shape.get(0).intValue();
    int middle = shape.get(1).intValue();
    List<Block> blocks = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < names.size(); i++) {
      int rows = widths.get(i).intValue();
      blocks.add(
          new Block("." + names.get(i), new MatrixLayout(0, inputs, middle, first, rows, 1)));
      first += rows;
    }
    return new WeightBlocks(MatrixKind.ATTENTION, blocks, Optional.empty());
  }

  static WeightBlocks embedding(List<Long> shape) {
    if (shape.size() != 2) {
      return none("a table of " + Tensors.shape(shape));
    }
    WeightBlocks rows = linear(shape, true);
    return new WeightBlocks(MatrixKind.EMBEDDING, rows.blocks, rows.obstacle);
  }
}
