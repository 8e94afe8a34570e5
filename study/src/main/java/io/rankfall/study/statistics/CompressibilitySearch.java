package io.rankfall.study.statistics;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.Compressor;
import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy.Division;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import io.rankfall.compress.Rows;
import io.rankfall.study.NetworkExport;
import io.rankfall.study.store.Compressibility;
import io.rankfall.study.store.Compressibility.Method;
import io.rankfall.study.store.Compressibility.Smallest;
import io.rankfall.train.Checkpoint;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Finds the {@link Compressibility} of networks by trying budgets, each by running the compressed
 * network on all test examples in ONNX Runtime: a scan first, since accuracy does not fall evenly
 * with the budget, then bisection below the smallest one that keeps the accuracy. What is found
 * keeps it, and one 5 % smaller did not; a much smaller one between two of the scan still may.
 */
public final class CompressibilitySearch {
  /** Points of accuracy that may be lost, in ascending order. */
  public static final List<Double> TOLERANCES = List.of(0.5, 1.0, 2.0);

  /** After two budgets in a row that lose this share of examples the scan ends. */
  private static final double HOPELESS = 0.1;

  private static final double SMALLEST_SHARE = 1.0 / 512;
  private static final double SCAN = 1.5;
  private static final double RESOLUTION = 1.05;

  /** Below a tenth of the worth of an example: rounding of shares is not a loss. */
  private static final double ROUNDING = 1e-9;

  /** More do not keep more accuracy that can be told from chance. */
  private static final int CALIBRATION_EXAMPLES = 1000;

  private final Rows images;
  private final int[] labels;
  private final ModelInputs calibration;

  /**
   * @param test what accuracy is measured on
   * @param calibration inputs for {@link Method#DATA_AWARE}, not of test examples
   */
  public CompressibilitySearch(Examples test, Rows calibration) {
    this.images = Rows.of(test.features(), test.inputs(0, test.size()));
    this.labels = test.labels();
    this.calibration = ModelInputs.of(calibration);
  }

  /** As studies do it: the first 1,000 training examples, in the order of the file, calibrate. */
  public static CompressibilitySearch of(Dataset dataset) {
    Examples train = dataset.train();
    int count = Math.min(CALIBRATION_EXAMPLES, train.size());
    return new CompressibilitySearch(
        dataset.test(), Rows.of(train.features(), train.inputs(0, count)));
  }

  /** Of the network as a checkpoint holds it. */
  public Compressibility of(Checkpoint checkpoint)
      throws ModelFormatException, InterruptedException {
    return of(checkpoint.network());
  }

  /** Of a trained network. */
  public Compressibility of(Network network) throws ModelFormatException, InterruptedException {
    return of(NetworkExport.onnx(network));
  }

  /**
   * Of an exported network.
   *
   * @param model classifies rows of the test examples' features
   * @throws ModelFormatException if ONNX Runtime does not load it
   */
  public Compressibility of(OnnxModel model) throws ModelFormatException, InterruptedException {
    double dense = accuracy(model);
    List<Smallest> smallest = new ArrayList<>();
    smallest.addAll(new Ladder(Method.PLAIN, new Compressor(model), dense).climb());
    Compressor aware = Compressor.dataAware(model, calibration);
    smallest.addAll(new Ladder(Method.DATA_AWARE, aware, dense).climb());
    return new Compressibility(dense, model.parameters(), smallest);
  }

  private double accuracy(OnnxModel model) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      return session.accuracy(images, labels);
    }
  }

  /** A network that was tried. */
  private record Tried(long parameters, double accuracy) {}

  /** All that was tried of one network under one method, by budget. */
  private final class Ladder {
    private final Method method;
    private final Compressor compressor;
    private final double dense;
    private final TreeMap<Double, Tried> tried = new TreeMap<>();

    Ladder(Method method, Compressor compressor, double dense) {
      this.method = method;
      this.compressor = compressor;
      this.dense = dense;
      tried.put(1.0, new Tried(compressor.model().parameters(), dense));
    }

    List<Smallest> climb() throws ModelFormatException, InterruptedException {
      int hopeless = 0;
      for (double share = 1 / SCAN; share > SMALLEST_SHARE && hopeless < 2; share /= SCAN) {
        hopeless = attempt(share).accuracy < dense - HOPELESS ? hopeless + 1 : 0;
      }
      List<Smallest> found = new ArrayList<>();
      for (double points : TOLERANCES) {
        Tried best = smallest(points);
        double share = best.parameters / (double) compressor.model().parameters();
        found.add(new Smallest(method, points, best.parameters, share, best.accuracy));
      }
      return found;
    }

    private Tried smallest(double points) throws ModelFormatException, InterruptedException {
      double least = dense - points / 100 - ROUNDING;
      double kept =
          tried.entrySet().stream()
              .filter(entry -> entry.getValue().accuracy >= least)
              .findFirst()
              .orElseThrow()
              .getKey();
      Double below = tried.lowerKey(kept);
      double lost = below == null ? SMALLEST_SHARE : below;
      while (kept / lost > RESOLUTION) {
        double middle = Math.sqrt(kept * lost);
        if (attempt(middle).accuracy >= least) {
          kept = middle;
        } else {
          lost = middle;
        }
      }
      return attempt(kept);
    }

    private Tried attempt(double share) throws ModelFormatException, InterruptedException {
      Tried known = tried.get(share);
      if (known == null) {
        known = attempted(share);
        tried.put(share, known);
      }
      return known;
    }

    private Tried attempted(double share) throws ModelFormatException, InterruptedException {
      if (Thread.interrupted()) {
        throw new InterruptedException("search interrupted");
      }
      RankPlan plan;
      try {
        plan = compressor.plan(new ParameterBudget(share, Division.GLOBAL));
      } catch (BudgetException e) {
        // No ranks are so small: the search goes on above.
        return new Tried(0, Double.NEGATIVE_INFINITY);
      }
      for (Tried same : tried.values()) {
        if (same.parameters == plan.parameters()) {
          return same;
        }
      }
      return new Tried(plan.parameters(), accuracy(compressor.apply(plan)));
    }
  }
}
