package io.rankfall.compress;

import com.sun.management.OperatingSystemMXBean;
import io.rankfall.compress.AttentionBlock.Projection;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NonFiniteException;
import io.rankfall.spectra.ProductSpectrum;
import io.rankfall.spectra.Spectrum;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Computes the spectra of a model's matrices, as many at a time as fit into memory. */
final class Inspector {
  private static final int MEBI = 1 << 20;

  /** What a matrix takes beside its numbers: buffers, and a panel in double precision. */
  private static final long BYTES_BESIDE = 2 * MEBI;

  private static final int PANEL_BYTES_A_COLUMN = 256 * 8;

  private final ModelWeights weights;
  private final InspectionListener listener;
  private final int heap = mebibytes(Runtime.getRuntime().maxMemory() / 3 * 2);
  private final int outside = mebibytes(memory() / 2);
  private final Semaphore heapLeft = new Semaphore(heap, true);
  private final Semaphore outsideLeft = new Semaphore(outside, true);

  Inspector(ModelWeights weights, InspectionListener listener) {
    this.weights = weights;
    this.listener = listener;
  }

  private static long memory() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  private static int mebibytes(long bytes) {
    return (int) Math.min(Integer.MAX_VALUE, (bytes + MEBI - 1) / MEBI);
  }

  /** What became of one matrix or product: one of the four. */
  private record Result(
      Optional<InspectedMatrix> matrix,
      List<InspectedProduct> products,
      Optional<SkippedWeight> skipped,
      Optional<SkippedWeight> nonFinite) {}

  private interface Computation {
    Result run() throws IOException;
  }

  /**
   * One piece of work.
   *
   * @param heapBytes taken while it runs
   * @param outsideBytes taken outside the heap
   * @param work in multiplications
   */
  private record Task(
      int index,
      String name,
      String shape,
      long heapBytes,
      long outsideBytes,
      double work,
      Computation computation) {}

  Inspection inspect(int threads) throws IOException, InterruptedException {
    List<Task> tasks = new ArrayList<>();
    weights.matrices().forEach(matrix -> tasks.add(task(tasks.size(), matrix)));
    weights.attention().forEach(block -> tasks.add(task(tasks.size(), block)));
    // The longest first, so that the cores end together.
    List<Task> order = new ArrayList<>(tasks);
    order.sort(Comparator.comparingDouble(Task::work).reversed().thenComparing(Task::index));
    List<Result> done = InParallel.map(Math.max(1, threads), order, this::run);
    Result[] results = new Result[tasks.size()];
    for (int i = 0; i < results.length; i++) {
      results[order.get(i).index] = done.get(i);
    }
    List<Result> all = List.of(results);
    List<SkippedWeight> skipped = new ArrayList<>(weights.skipped());
    all.forEach(result -> result.skipped.ifPresent(skipped::add));
    return new Inspection(
        weights.parameters(),
        all.stream().flatMap(result -> result.matrix.stream()).toList(),
        all.stream().flatMap(result -> result.products.stream()).toList(),
        skipped,
        all.stream().flatMap(result -> result.nonFinite.stream()).toList());
  }

  private Result run(Task task) throws IOException, InterruptedException {
    int inside = mebibytes(task.heapBytes);
    int beyond = mebibytes(task.outsideBytes);
    if (inside > heap || beyond > outside) {
      listener.onDone(task.name, task.work);
      return skipped(
          task,
          inside > heap
              ? "needs %d MiB of heap, more than two thirds of it (RANKFALL_JAVA_OPTS=-Xmx%dg)"
                  .formatted(inside, inside / 512 + 1)
              : "needs %d MiB of memory, more than half of this machine's".formatted(beyond));
    }
    heapLeft.acquire(inside);
    try {
      outsideLeft.acquire(beyond);
      try {
        return task.computation.run();
      } finally {
        outsideLeft.release(beyond);
      }
    } catch (NonFiniteException e) {
      return new Result(
          Optional.empty(),
          List.of(),
          Optional.empty(),
          Optional.of(new SkippedWeight(task.name, task.shape, "NaN or infinite numbers")));
    } finally {
      heapLeft.release(inside);
      listener.onDone(task.name, task.work);
    }
  }

  private static Result skipped(Task task, String reason) {
    return new Result(
        Optional.empty(),
        List.of(),
        Optional.of(new SkippedWeight(task.name, task.shape, reason)),
        Optional.empty());
  }

  private Task task(int index, StoredMatrix matrix) {
    long smaller = Math.min(matrix.rows(), matrix.cols());
    return new Task(
        index,
        matrix.name(),
        matrix.rows() + "x" + matrix.cols(),
        4 * matrix.size() + smaller * PANEL_BYTES_A_COLUMN + BYTES_BESIDE,
        8 * smaller * smaller + smaller * PANEL_BYTES_A_COLUMN,
        matrix.work(),
        () ->
            new Result(
                Optional.of(inspected(matrix)), List.of(), Optional.empty(), Optional.empty()));
  }

  private InspectedMatrix inspected(StoredMatrix matrix) throws IOException {
    return InspectedMatrix.of(
        matrix.name(),
        matrix.kind(),
        matrix.tensor(),
        matrix.size() / (double) weights.parameters(),
        matrix.read().spectrum());
  }

  private Task task(int index, AttentionBlock block) {
    long numbers =
        List.of(block.query(), block.key(), block.value()).stream()
                .mapToLong(projection -> projection.matrix().size())
                .sum()
            + block.output().map(StoredMatrix::size).orElse(0L);
    double width = (double) block.query().rows() / Math.max(1, block.heads());
    int inputs = block.query().matrix().cols();
    return new Task(
        index,
        block.name(),
        block.query().rows() + "x" + inputs,
        4 * 2 * numbers + BYTES_BESIDE,
        (long) (8 * (2 * width * inputs + 8 * width * width)),
        block.work(),
        () -> new Result(Optional.empty(), products(block), Optional.empty(), Optional.empty()));
  }

  private static List<InspectedProduct> products(AttentionBlock block) throws IOException {
    List<InspectedProduct> products = new ArrayList<>();
    Matrix query = rows(block.query());
    product(block, InspectedProduct.Kind.QUERY_KEY, rows(block.key()), query, query.rows())
        .ifPresent(products::add);
    if (block.output().isPresent()) {
      Matrix output = block.output().get().read().matrix().transposed();
      product(block, InspectedProduct.Kind.OUTPUT_VALUE, output, rows(block.value()), output.rows())
          .ifPresent(products::add);
    }
    return products;
  }

  /**
   * leftᵀ·right, head by head; one side may have fewer heads, which several of the other share.
   *
   * @param total the width of all heads together
   */
  private static Optional<InspectedProduct> product(
      AttentionBlock block, InspectedProduct.Kind kind, Matrix left, Matrix right, int total) {
    int heads = Math.max(1, block.heads());
    int width = total / heads;
    if (width == 0
        || total % heads != 0
        || !isShared(left.rows(), width, heads)
        || !isShared(right.rows(), width, heads)) {
      return Optional.empty();
    }
    List<Spectrum> spectra = new ArrayList<>();
    for (int h = 0; h < heads; h++) {
      spectra.add(
          ProductSpectrum.ofTransposedTimes(
              head(left, h, heads, width), head(right, h, heads, width)));
    }
    return Optional.of(
        new InspectedProduct(
            block.name(), kind, left.cols(), right.cols(), spectra, block.heads() == 0));
  }

  /** Whether so many rows are heads of the given width, and as many serve each of their heads. */
  private static boolean isShared(int rows, int width, int heads) {
    return rows % width == 0 && heads % (rows / width) == 0;
  }

  private static Matrix head(Matrix all, int head, int heads, int width) {
    int own = all.rows() / width;
    return all.rows(head * own / heads * width, width);
  }

  private static Matrix rows(Projection projection) throws IOException {
    Matrix whole = projection.matrix().read().matrix();
    return projection.rows() == whole.rows()
        ? whole
        : whole.rows(projection.first(), projection.rows());
  }
}
