package io.rankfall.study.statistics;

import static java.util.Objects.requireNonNull;

import io.rankfall.study.statistics.RunSummary.Setting;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.RealVector;
import org.hipparchus.linear.SingularValueDecomposition;
import org.hipparchus.stat.regression.OLSMultipleLinearRegression;

/**
 * Least squares with an intercept for each set of other settings and standard errors robust to
 * clusters: the sandwich (X'X)⁻¹ (Σ_g X_g'e_g e_g'X_g) (X'X)⁻¹ times G/(G−1)·(n−1)/(n−k), the
 * correction known as CR1 (Cameron and Miller, A Practitioner's Guide to Cluster-Robust Inference,
 * 2015). With one run a setting it is HC1. Intervals use t with G−k degrees of freedom, fewer than
 * the customary G−1, since settings are few.
 */
final class LogRegression {
  /** Columns whose part outside the others is smaller than this share of them depend on them. */
  private static final double DEPENDENT = 1e-9;

  /** What log rank is explained by. */
  record Predictor(String name, ToDoubleFunction<Setting> value) {}

  private final List<RunSummary> runs;
  private final List<Predictor> predictors;
  private final Map<String, List<RunSummary>> groups;
  private final Map<Setting, List<RunSummary>> clusters;

  private LogRegression(List<RunSummary> runs, List<Predictor> predictors) {
    this.runs = runs;
    this.predictors = predictors;
    this.groups = runs.stream().collect(grouping(RunSummary::others));
    this.clusters = runs.stream().collect(grouping(RunSummary::setting));
  }

  private static <K> Collector<RunSummary, ?, Map<K, List<RunSummary>>> grouping(
      Function<RunSummary, K> key) {
    return Collectors.groupingBy(key, LinkedHashMap::new, Collectors.toList());
  }

  /**
   * Empty if there are too few settings, or predictors that determine each other.
   *
   * @param runs with ranks above 0
   */
  static Optional<Regression> of(List<RunSummary> runs, List<Predictor> predictors) {
    LogRegression regression = new LogRegression(runs, predictors);
    return predictors.isEmpty() || regression.degreesOfFreedom() < 1
        ? Optional.empty()
        : regression.fit();
  }

  private int degreesOfFreedom() {
    return clusters.size() - predictors.size() - groups.size();
  }

  private Optional<Regression> fit() {
    double[][] x = new double[runs.size()][predictors.size()];
    for (int c = 0; c < predictors.size(); c++) {
      ToDoubleFunction<Setting> value = predictors.get(c).value;
      double[] column = centred(run -> value.applyAsDouble(run.setting()));
      for (int i = 0; i < x.length; i++) {
        x[i][c] = column[i];
      }
    }
    double[] y = centred(run -> Math.log(run.meanRank()));
    if (isDependent(x)) {
      return Optional.empty();
    }
    // Centring within groups gives the slopes that intercepts of their own would (Frisch, Waugh).
    OLSMultipleLinearRegression ols = new OLSMultipleLinearRegression();
    ols.setNoIntercept(true);
    ols.newSampleData(y, x);
    double total = Arrays.stream(y).map(v -> v * v).sum();
    double[] slopes = ols.estimateRegressionParameters();
    double[] residuals = ols.estimateResiduals();
    double left = Arrays.stream(residuals).map(v -> v * v).sum();
    RealMatrix variance = sandwich(MatrixUtils.createRealMatrix(x), residuals);
    Coefficient[] coefficients = new Coefficient[slopes.length];
    for (int c = 0; c < slopes.length; c++) {
      coefficients[c] =
          coefficient(
              predictors.get(c).name, slopes[c], Math.sqrt(Math.max(0, variance.getEntry(c, c))));
    }
    return Optional.of(
        new Regression(
            predictors.stream().map(Predictor::name).collect(Collectors.joining(", ")),
            runs.size(),
            clusters.size(),
            groups.size(),
            degreesOfFreedom(),
            total == 0 ? 0 : 1 - left / total,
            List.of(coefficients)));
  }

  /** A quantity of every run minus the mean of its group. */
  private double[] centred(ToDoubleFunction<RunSummary> value) {
    Map<String, Double> means =
        groups.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    g -> g.getValue().stream().mapToDouble(value).average().orElseThrow()));
    return runs.stream()
        .mapToDouble(run -> value.applyAsDouble(run) - requireNonNull(means.get(run.others())))
        .toArray();
  }

  private static boolean isDependent(double[][] x) {
    RealMatrix scaled = MatrixUtils.createRealMatrix(x);
    for (int c = 0; c < scaled.getColumnDimension(); c++) {
      RealVector column = scaled.getColumnVector(c);
      double norm = column.getNorm();
      if (norm <= DEPENDENT) {
        return true;
      }
      scaled.setColumnVector(c, column.mapDivide(norm));
    }
    double[] sigma = new SingularValueDecomposition(scaled).getSingularValues();
    return sigma[sigma.length - 1] <= DEPENDENT * sigma[0];
  }

  private RealMatrix sandwich(RealMatrix x, double[] residuals) {
    int columns = x.getColumnDimension();
    Map<Setting, RealVector> scores = new LinkedHashMap<>();
    for (int i = 0; i < residuals.length; i++) {
      RealVector score = x.getRowVector(i).mapMultiply(residuals[i]);
      scores.merge(runs.get(i).setting(), score, RealVector::add);
    }
    RealMatrix meat = MatrixUtils.createRealMatrix(columns, columns);
    for (RealVector score : scores.values()) {
      meat = meat.add(score.outerProduct(score));
    }
    RealMatrix bread = MatrixUtils.inverse(x.transposeMultiply(x));
    double g = clusters.size();
    double n = runs.size();
    double correction = g / (g - 1) * (n - 1) / (n - columns - groups.size());
    return bread.multiply(meat).multiply(bread).scalarMultiply(correction);
  }

  private Coefficient coefficient(String name, double slope, double error) {
    TDistribution t = new TDistribution(degreesOfFreedom());
    double margin = error * t.inverseCumulativeProbability(1 - Interval.TAIL);
    double p =
        error == 0 ? (slope == 0 ? 1 : 0) : 2 * t.cumulativeProbability(-Math.abs(slope) / error);
    return new Coefficient(name, slope, error, new Interval(slope - margin, slope + margin), p);
  }
}
