package io.rankfall.train.generalization;

import io.rankfall.train.Classifier;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import java.util.Arrays;

/**
 * What the bounds ask of a network's training examples, and what was measured on the test examples.
 * The margin of an example is its label's logit minus the largest other one: not above 0 where the
 * network errs.
 *
 * @param examples n
 * @param features of an example
 * @param inputNorm √Σ_i ‖x_i‖² over the training examples
 * @param featureNorm the largest √Σ_i x_ij² of a feature j
 * @param trainAccuracy share of the training examples, in evaluation mode
 * @param testAccuracy share of the test examples
 * @param margin γ &gt; 0: besides the examples that are classified wrong, a tenth of all have a
 *     margin up to this
 * @param marginError share of the training examples with a margin up to γ
 */
public record TrainingMargins(
    int examples,
    int features,
    double inputNorm,
    double featureNorm,
    double trainAccuracy,
    double testAccuracy,
    double margin,
    double marginError) {
  private static final double GIVEN_UP = 0.1;

  public TrainingMargins {
    if (!(margin > 0 && margin < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "margin: expected training examples classified right, found a largest margin of "
              + margin);
    }
    if (examples < 2 || features < 1 || !(inputNorm >= 0) || !(featureNorm >= 0)) {
      throw new IllegalArgumentException(
          "training examples: expected 2 or more with features and finite norms, found %d, %d, %s, %s"
              .formatted(examples, features, inputNorm, featureNorm));
    }
  }

  /**
   * Measures a network on all examples.
   *
   * @throws IllegalArgumentException in one line, if no training example is classified right
   */
  public static TrainingMargins of(Classifier network, Dataset dataset) {
    Examples train = dataset.train();
    double[] margins = margins(network, train);
    int wrong = (int) Arrays.stream(margins).filter(m -> m <= 0).count();
    double[] ascending = margins.clone();
    Arrays.sort(ascending);
    int given = (int) Math.round(GIVEN_UP * margins.length);
    double gamma = ascending[Math.min(margins.length - 1, wrong + given)];
    long within = Arrays.stream(margins).filter(m -> m <= gamma).count();
    double[] squares = squares(train);
    return new TrainingMargins(
        train.size(),
        train.features(),
        Math.sqrt(Arrays.stream(squares).sum()),
        Math.sqrt(Arrays.stream(squares).max().orElseThrow()),
        1 - (double) wrong / train.size(),
        network.evaluate(dataset.test()).accuracy(),
        gamma,
        (double) within / train.size());
  }

  private static double[] margins(Classifier network, Examples examples) {
    int classes = examples.classes();
    double[] margins = new double[examples.size()];
    for (int from = 0; from < margins.length; from += Classifier.EVALUATION_BATCH) {
      int count = Math.min(Classifier.EVALUATION_BATCH, margins.length - from);
      float[] logits = network.logits(examples, from, count);
      for (int i = 0; i < count; i++) {
        int label = examples.label(from + i);
        double rival = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
          rival = c == label ? rival : Math.max(rival, logits[i * classes + c]);
        }
        margins[from + i] = logits[i * classes + label] - rival;
      }
    }
    return margins;
  }

  /** Σ_i x_ij² of every feature j. */
  private static double[] squares(Examples examples) {
    double[] squares = new double[examples.features()];
    for (int i = 0; i < examples.size(); i++) {
      float[] x = examples.inputs(i, 1);
      for (int j = 0; j < x.length; j++) {
        squares[j] += (double) x[j] * x[j];
      }
    }
    return squares;
  }

  /** Training minus test accuracy. */
  public double gap() {
    return trainAccuracy - testAccuracy;
  }

  /** √Σ ‖(x_i, 1)‖². */
  double appendedNorm() {
    return Math.hypot(inputNorm, Math.sqrt(examples));
  }

  /** As {@code featureNorm} with the constant 1 as a feature. */
  double appendedFeatureNorm() {
    return Math.max(featureNorm, Math.sqrt(examples));
  }
}
