package io.rankfall.train.theory;

/**
 * The rank of G = ΔᵀX without any tolerance. Single-precision numbers are m·2^e with whole m and e,
 * and so are numbers modulo the prime 2⁶¹ − 1, where 2 has an inverse: elimination there rounds
 * nothing. The rank found is never above the true one, and equal to it unless the prime divides all
 * minors of that order, which it does by chance with a probability of about rank/2⁶¹.
 */
final class ExactRank {
  private static final int BITS = 61;
  private static final long PRIME = (1L << BITS) - 1;

  private ExactRank() {}

  /**
   * rank(ΔᵀX).
   *
   * @param count b rows of either factor
   * @param delta b × out, row by row
   * @param inputs b × in, row by row
   */
  static int ofProduct(int count, float[] delta, float[] inputs) {
    long[][] left = residues(count, delta);
    long[][] right = residues(count, inputs);
    // E·Δ in echelon form leaves ΔᵀX = (E·Δ)ᵀ·(E⁻ᵀ·X), whose first factor has independent rows and
    // zeros: the rank is that of the same rows of E⁻ᵀ·X.
    int rank = eliminate(left, count, right);
    return eliminate(right, rank, new long[count][0]);
  }

  /**
   * Brings the first {@code rows} rows to echelon form, and does to {@code dual} what keeps
   * matrixᵀ·dual.
   */
  private static int eliminate(long[][] matrix, int rows, long[][] dual) {
    int rank = 0;
    int cols = rows == 0 ? 0 : matrix[0].length;
    for (int col = 0; col < cols && rank < rows; col++) {
      int pivot = rank;
      while (pivot < rows && matrix[pivot][col] == 0) {
        pivot++;
      }
      if (pivot == rows) {
        continue;
      }
      swap(matrix, pivot, rank);
      swap(dual, pivot, rank);
      long inverse = inverse(matrix[rank][col]);
      for (int i = rank + 1; i < rows; i++) {
        long factor = times(matrix[i][col], inverse);
        if (factor != 0) {
          addMultiple(matrix[i], PRIME - factor, matrix[rank], col);
          addMultiple(dual[rank], factor, dual[i], 0);
        }
      }
      rank++;
    }
    return rank;
  }

  private static void swap(long[][] rows, int i, int j) {
    long[] row = rows[i];
    rows[i] = rows[j];
    rows[j] = row;
  }

  private static void addMultiple(long[] to, long factor, long[] from, int begin) {
    for (int j = begin; j < to.length; j++) {
      long sum = to[j] + times(factor, from[j]);
      to[j] = sum >= PRIME ? sum - PRIME : sum;
    }
  }

  private static long[][] residues(int count, float[] values) {
    int cols = values.length / count;
    long[][] rows = new long[count][cols];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < cols; j++) {
        rows[i][j] = residue(values[i * cols + j]);
      }
    }
    return rows;
  }

  /** m·2^e modulo the prime, for which 2⁶¹ = 1. */
  static long residue(float value) {
    if (value == 0) {
      return 0;
    }
    int exponent = Math.max(Math.getExponent(value), Float.MIN_EXPONENT) - 23;
    long mantissa = (long) Math.scalb((double) Math.abs(value), -exponent);
    long residue = times(mantissa, 1L << Math.floorMod(exponent, BITS));
    return value > 0 ? residue : PRIME - residue;
  }

  /** a·b modulo the prime. */
  static long times(long a, long b) {
    long high = Math.multiplyHigh(a, b);
    long low = a * b;
    long sum = (low & PRIME) + (low >>> BITS | high << (Long.SIZE - BITS));
    return sum >= PRIME ? sum - PRIME : sum;
  }

  /** a^(prime−2), Fermat. */
  private static long inverse(long a) {
    long power = a;
    long result = 1;
    for (long exponent = PRIME - 2; exponent > 0; exponent >>= 1) {
      if ((exponent & 1) == 1) {
        result = times(result, power);
      }
      power = times(power, power);
    }
    return result;
  }
}
