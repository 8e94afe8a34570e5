package io.rankfall.study.statistics;

import static java.util.Objects.requireNonNull;

import io.rankfall.study.statistics.RunSummary.Setting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.hipparchus.distribution.continuous.NormalDistribution;
import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.RealVector;
import org.hipparchus.linear.SingularValueDecomposition;
import org.hipparchus.stat.correlation.PearsonsCorrelation;
import org.hipparchus.stat.ranking.NaturalRanking;
import org.jspecify.annotations.Nullable;

/** One point a setting, the mean of its seeds, and how quantities correlate over them. */
final class SettingMeans {
  /** An axis with more values, as in a random search, is held fixed by its rank alone. */
  private static final int MOST_CATEGORIES = 12;

  /** Smaller singular values, and smaller shares of a quantity left, are rounding. */
  private static final double NOTHING = 1e-9;

  /** Fisher's z needs this many points more than quantities held fixed. */
  private static final int FEWEST = 4;

  private final Map<Setting, List<RunSummary>> settings;
  private final List<RealVector> networks;
  private final List<RealVector> fixed;

  /**
   * @param runs on which all that is asked for was measured
   */
  SettingMeans(List<RunSummary> runs) {
    this.settings =
        runs.stream()
            .collect(
                Collectors.groupingBy(
                    RunSummary::setting, LinkedHashMap::new, Collectors.toList()));
    this.networks = settings.isEmpty() ? List.of() : basis(networkControls());
    this.fixed = settings.isEmpty() ? List.of() : basis(controls());
  }

  @Nullable Association marginal(Quantity response, Quantity quality) {
    return association(response, quality, networks);
  }

  @Nullable Association partial(Quantity response, Quantity quality) {
    return association(response, quality, fixed);
  }

  private double[] means(Quantity quantity) {
    return settings.values().stream()
        .mapToDouble(
            runs ->
                runs.stream()
                    .map(run -> requireNonNull(quantity.of(run.result()), run.id()))
                    .mapToDouble(Double::doubleValue)
                    .average()
                    .orElseThrow())
        .toArray();
  }

  private @Nullable Association association(
      Quantity response, Quantity quality, List<RealVector> held) {
    double[] x = means(response);
    double[] y = means(quality);
    // The constant among the controls is no loss: every correlation takes it.
    int taken = Math.max(0, held.size() - 1);
    if (x.length - taken < FEWEST) {
      return null;
    }
    NaturalRanking ranking = new NaturalRanking();
    Double spearman = correlation(ranking.rank(x), ranking.rank(y), held);
    Double pearson = correlation(x, y, held);
    if (spearman == null || pearson == null) {
      return null;
    }
    Correlation monotone = correlation(spearman, 1 + spearman * spearman / 2, x.length - taken);
    return new Association(
        x.length, taken, monotone, correlation(pearson, 1, x.length - taken), monotone.p());
  }

  private static @Nullable Double correlation(double[] x, double[] y, List<RealVector> held) {
    RealVector a = residual(x, held);
    RealVector b = residual(y, held);
    if (a == null || b == null) {
      return null;
    }
    double r = new PearsonsCorrelation().correlation(a.toArray(), b.toArray());
    return Math.max(-1, Math.min(1, r));
  }

  /** What an orthonormal basis leaves of a centred quantity; null if nothing. */
  private static @Nullable RealVector residual(double[] values, List<RealVector> basis) {
    double mean = Arrays.stream(values).average().orElseThrow();
    RealVector centred = MatrixUtils.createRealVector(values).mapSubtract(mean);
    RealVector left = centred;
    for (RealVector direction : basis) {
      left = left.subtract(direction.mapMultiply(direction.dotProduct(left)));
    }
    double rounding = NOTHING * Math.max(centred.getNorm(), Math.abs(mean));
    return left.getNorm() <= rounding ? null : left;
  }

  /**
   * @param variance of Fisher's z times points − 3
   * @param points less those that the settings held fixed take
   */
  private static Correlation correlation(double r, double variance, int points) {
    double z = 0.5 * Math.log((1 + r) / (1 - r));
    double margin =
        new NormalDistribution().inverseCumulativeProbability(1 - Interval.TAIL)
            * Math.sqrt(variance / (points - 3));
    Interval interval =
        Math.abs(r) == 1
            ? new Interval(r, r)
            : new Interval(Math.tanh(z - margin), Math.tanh(z + margin));
    int freedom = points - 2;
    double t = Math.abs(r) * Math.sqrt(freedom / ((1 - r) * (1 + r)));
    double p = Math.abs(r) == 1 ? 0 : 2 * new TDistribution(freedom).cumulativeProbability(-t);
    return new Correlation(r, interval, p);
  }

  /** Columns, the constant among them, that hold the other settings fixed, if these are few. */
  private List<double[]> networkControls() {
    List<double[]> each = indicators(settings.keySet().stream().map(Setting::others).toList());
    double[] constant = new double[settings.size()];
    Arrays.fill(constant, 1);
    return each.size() <= MOST_CATEGORIES ? each : List.<double[]>of(constant);
  }

  /** Columns, the constant among them, that hold B, μ, wd and the other settings fixed. */
  private List<double[]> controls() {
    List<double[]> columns = new ArrayList<>();
    List<Setting> points = new ArrayList<>(settings.keySet());
    columns.addAll(indicators(points.stream().map(Setting::others).toList()));
    for (SettingAxis axis : SettingAxis.values()) {
      List<Double> values = points.stream().map(axis::of).toList();
      if (new TreeSet<>(values).size() <= MOST_CATEGORIES) {
        columns.addAll(indicators(values));
      } else {
        double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
        columns.add(new NaturalRanking().rank(all));
      }
    }
    return columns;
  }

  /** For each value the column that is 1 where it occurs. */
  private static <T extends Comparable<T>> List<double[]> indicators(List<T> values) {
    return new TreeSet<>(values)
        .stream()
            .map(value -> values.stream().mapToDouble(v -> v.equals(value) ? 1 : 0).toArray())
            .toList();
  }

  /** Orthonormal directions that span the columns. */
  private static List<RealVector> basis(List<double[]> columns) {
    RealMatrix matrix = MatrixUtils.createRealMatrix(columns.get(0).length, columns.size());
    for (int c = 0; c < columns.size(); c++) {
      matrix.setColumnVector(c, MatrixUtils.createRealVector(columns.get(c)).unitVector());
    }
    SingularValueDecomposition svd = new SingularValueDecomposition(matrix);
    double[] sigma = svd.getSingularValues();
    return IntStream.range(0, sigma.length)
        .filter(i -> sigma[i] > NOTHING * sigma[0])
        .mapToObj(svd.getU()::getColumnVector)
        .toList();
  }
}
