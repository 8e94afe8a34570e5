package io.rankfall.study;

import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.Rows;
import io.rankfall.train.Examples;
import io.rankfall.train.Learner;
import java.io.IOException;

/** Holds ONNX files of a network against the learner's own logits. */
public final class ExportCheck {
  /** Largest |Δlogit|/max |logit|: single-precision rounding through the layers. */
  static final double TOLERANCE = 1e-4;

  /** Test examples that are looked at, the first ones. */
  private static final int MOST_EXAMPLES = 1000;

  private ExportCheck() {}

  /**
   * max |Δlogit| / max |logit| over the first thousand test examples.
   *
   * @param file what errors name
   * @param session of that file or what will be in it
   * @throws IOException in one line, if it is above {@value #TOLERANCE}
   */
  public static double require(String file, OnnxRuntimeSession session, TrainedRun run)
      throws IOException {
    Examples test = run.dataset().test();
    Examples checked = test.first(Math.min(MOST_EXAMPLES, test.size()));
    float[] expected;
    try (Learner learner = run.spec().learner().start(run.network(), run.spec().optimizer(), 1)) {
      expected = learner.logits(checked, 0, checked.size());
    }
    Rows inputs = Rows.of(checked.features(), checked.inputs(0, checked.size()));
    double error = difference(session.logits(inputs).toArray(), expected);
    if (!(error <= TOLERANCE)) {
      throw new IOException(
          "%s: expected the learner's logits to %s relative, found a difference of %.2g"
              .formatted(file, TOLERANCE, error));
    }
    return error;
  }

  private static double difference(float[] found, float[] expected) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < found.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    }
    return difference / largest;
  }
}
