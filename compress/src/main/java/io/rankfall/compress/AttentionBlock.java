package io.rankfall.compress;

import java.util.List;
import java.util.Optional;

/**
 * The projections of one attention layer. Its heads compute with the products W_KᵀW_Q and W_O·W_V.
 *
 * @param name what the four have in common
 * @param query a projection onto the heads' widths, all heads one after another
 * @param output W_O, if it was found: inputs are the heads one after another
 * @param heads of the queries; 0 if it is not known, and all are taken together
 */
public record AttentionBlock(
    String name,
    Projection query,
    Projection key,
    Projection value,
    Optional<StoredMatrix> output,
    int heads) {

  /**
   * Rows of a matrix: projections are often stored in one.
   *
   * @param first the first row
   * @param rows how many
   */
  public record Projection(StoredMatrix matrix, int first, int rows) {
    /** The whole matrix. */
    static Projection of(StoredMatrix matrix) {
      return new Projection(matrix, 0, matrix.rows());
    }

    /** Part {@code index} of {@code parts} equal ones. */
    static Projection part(StoredMatrix matrix, int index, int parts) {
      int rows = matrix.rows() / parts;
      return new Projection(matrix, index * rows, rows);
    }
  }

  /** What the spectra of its products take in multiplications, about. */
  double work() {
    double width = (double) query.rows / Math.max(1, heads);
    double inputs = query.matrix.cols();
    return 2 * Math.max(1, heads) * (2 * width * width * inputs + 12 * width * width * width);
  }

  /**
   * A block of the projections found, if their shapes go together.
   *
   * @param projections of queries, keys and values
   * @param heads 0 if it is not known
   * @param headWidth 0 if it is not known, either
   */
  static Optional<AttentionBlock> of(
      String name,
      List<Projection> projections,
      Optional<StoredMatrix> output,
      int heads,
      int headWidth) {
    Projection query = projections.get(0);
    Projection key = projections.get(1);
    Projection value = projections.get(2);
    int known = heads == 0 && headWidth > 0 ? query.rows / headWidth : heads;
    int count = known > 0 && query.rows % known == 0 ? known : 0;
    int width = count == 0 ? query.rows : query.rows / count;
    if (key.rows % width != 0 || value.rows % (key.rows / width) != 0) {
      return Optional.empty();
    }
    // Several queries may share a key: grouped attention.
    if (Math.max(1, count) % (key.rows / width) != 0) {
      return Optional.empty();
    }
    return Optional.of(
        new AttentionBlock(ModelFormatException.oneLine(name), query, key, value, output, count));
  }
}
