package io.rankfall.study.plan;

import io.rankfall.study.statistics.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.RealVector;
import org.hipparchus.stat.regression.OLSMultipleLinearRegression;
import org.jspecify.annotations.Nullable;

/**
 * Rank as a function of B, μ and wd &gt; 0, by least squares over settings:
 *
 * <pre>
 *   ln(r/(full − r)) = c + b·ln B + m·ln μ + w·ln wd + e
 * </pre>
 *
 * A power law for small ranks that levels off at the full rank, where it must. Settings are the
 * points, not runs: what a law of straight lines misses of a setting, all its seeds miss. Axes that
 * do not vary have no slope.
 */
final class WeightDecayFit {
  /** With fewer left over, the scatter is a guess. */
  private static final int FEWEST_LEFT = 2;

  /** Half a singular value: how near 0 and the full rank a logarithm is taken. */
  private static final double NEAREST = 0.5;

  /** Columns of which less than this share is their own depend on the others. */
  private static final double DEPENDENT = 1e-9;

  private static final List<ToDoubleFunction<SettingOutcome>> AXES =
      List.of(SettingOutcome::batchSize, SettingOutcome::learningRate, SettingOutcome::weightDecay);

  private static final int WEIGHT_DECAY = 2;

  /** Whether each of {@link #AXES} has a slope. */
  private final boolean[] varies;

  private final double fullRank;
  private final double[] slopes;
  private final RealMatrix spread;
  private final double variance;
  private final double quantile;
  private final double rSquared;

  private WeightDecayFit(
      boolean[] varies, double fullRank, OLSMultipleLinearRegression ols, int left) {
    this.varies = varies;
    this.fullRank = fullRank;
    this.slopes = ols.estimateRegressionParameters();
    this.spread = MatrixUtils.createRealMatrix(ols.estimateRegressionParametersVariance());
    this.variance = ols.estimateErrorVariance();
    this.quantile = new TDistribution(left).inverseCumulativeProbability((1 + Interval.LEVEL) / 2);
    this.rSquared = ols.calculateRSquared();
  }

  /**
   * Empty if weight decay does not vary or settings are too few.
   *
   * @param settings with weight decay above 0
   * @param fullRank the largest mean rank that the layers can have
   */
  static Optional<WeightDecayFit> of(List<SettingOutcome> settings, double fullRank) {
    boolean[] varies = new boolean[AXES.size()];
    int columns = 1;
    for (int a = 0; a < varies.length; a++) {
      varies[a] = settings.stream().mapToDouble(AXES.get(a)).distinct().count() > 1;
      columns += varies[a] ? 1 : 0;
    }
    int left = settings.size() - columns;
    if (!varies[WEIGHT_DECAY] || left < FEWEST_LEFT) {
      return Optional.empty();
    }
    double[][] x = new double[settings.size()][];
    double[] y = new double[settings.size()];
    for (int i = 0; i < y.length; i++) {
      SettingOutcome s = settings.get(i);
      x[i] = row(varies, s.batchSize(), s.learningRate(), s.weightDecay());
      y[i] = logit(s.rank().median(), fullRank);
    }
    OLSMultipleLinearRegression ols = new OLSMultipleLinearRegression(DEPENDENT);
    try {
      ols.newSampleData(y, x);
      return Optional.of(new WeightDecayFit(varies, fullRank, ols, left));
    } catch (MathRuntimeException e) {
      // Settings that determine each other, as B and μ raised together: no slopes of their own.
      return Optional.empty();
    }
  }

  private static double[] row(boolean[] varies, double... setting) {
    List<Double> row = new ArrayList<>();
    for (int a = 0; a < setting.length; a++) {
      if (varies[a]) {
        row.add(Math.log(setting[a]));
      }
    }
    return row.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** ln(r/(full − r)), with r kept half a singular value away from both ends. */
  static double logit(double rank, double fullRank) {
    double nearest = Math.min(NEAREST, fullRank / 4);
    double r = Math.min(Math.max(rank, nearest), fullRank - nearest);
    return Math.log(r / (fullRank - r));
  }

  /** Share of the variance of the left-hand side. */
  double rSquared() {
    return rSquared;
  }

  /**
   * The weight decay at which the law gives the rank; null if ranks do not fall with weight decay.
   */
  @Nullable Double weightDecay(double batchSize, double learningRate, double rank) {
    double slope = slopes[slopes.length - 1];
    return slope < 0 ? Math.exp(-offset(batchSize, learningRate, rank) / slope) : null;
  }

  /**
   * The weight decays at which the rank is one that a new setting may have, at {@link
   * Interval#LEVEL}: Fieller's interval for a new observation. It holds all u = ln wd with
   *
   * <pre>
   *   (x(u)·β − y)² ≤ t²·s²·(1 + x(u)ᵀ (XᵀX)⁻¹ x(u))
   * </pre>
   *
   * Null if the slope of weight decay is not clearly below 0: then no wd is ruled out.
   */
  @Nullable Interval interval(double batchSize, double learningRate, double rank) {
    int w = slopes.length - 1;
    RealVector at = at(batchSize, learningRate);
    RealVector spreadAt = spread.operate(at);
    double k = quantile * quantile * variance;
    double offset = offset(batchSize, learningRate, rank);
    double square = slopes[w] * slopes[w] - k * spread.getEntry(w, w);
    if (!(slopes[w] < 0 && square > 0)) {
      return null;
    }
    double half = offset * slopes[w] - k * spreadAt.getEntry(w);
    double constant = offset * offset - k * (1 + at.dotProduct(spreadAt));
    double root = Math.sqrt(Math.max(0, half * half - square * constant));
    return new Interval(Math.exp((-half - root) / square), Math.exp((-half + root) / square));
  }

  /** What the law says at ln wd = 0, minus the left-hand side of the rank. */
  private double offset(double batchSize, double learningRate, double rank) {
    return at(batchSize, learningRate).dotProduct(MatrixUtils.createRealVector(slopes))
        - logit(rank, fullRank);
  }

  /** (1, ln B, ln μ, 0) without the axes that do not vary. */
  private RealVector at(double batchSize, double learningRate) {
    double[] row = row(varies, batchSize, learningRate, 1);
    double[] with = new double[row.length + 1];
    with[0] = 1;
    System.arraycopy(row, 0, with, 1, row.length);
    return MatrixUtils.createRealVector(with);
  }
}
