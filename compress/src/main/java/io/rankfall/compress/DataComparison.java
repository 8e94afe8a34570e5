package io.rankfall.compress;

import io.rankfall.compress.CompressionReport.OnData;
import io.rankfall.compress.CompressionReport.Role;
import io.rankfall.compress.CompressionReport.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The dense model on some examples, and others held against it. */
final class DataComparison {
  private final LabelledInputs examples;
  private final Metric metric;
  private final Rows dense;

  /** Runs the dense model once. */
  DataComparison(OnnxRuntimeSession dense, LabelledInputs examples, Metric metric) {
    this.examples = examples;
    this.metric = metric;
    this.dense = dense.firstOutput(examples.inputs());
    examples
        .labels()
        .ifPresent(
            labels -> {
              if (labels.count() != this.dense.count()) {
                throw new IllegalArgumentException(
                    "%s: expected a label for each of %d rows of outputs, found %d"
                        .formatted(examples.name(), this.dense.count(), labels.count()));
              }
            });
  }

  /** Both models on all the data that is given. */
  static List<OnData> all(
      Compression wanted, OnnxRuntimeSession dense, OnnxRuntimeSession compressed) {
    boolean searched = wanted.goal instanceof Goal.MaxDrop || wanted.goal instanceof Goal.MaxChange;
    List<OnData> measured = new ArrayList<>();
    wanted.data.ifPresent(
        examples ->
            measured.add(
                new DataComparison(dense, examples, wanted.metric)
                    .of(compressed, searched ? Role.SEARCHED : Role.MEASURED)));
    wanted.testData.ifPresent(
        examples ->
            measured.add(
                new DataComparison(dense, examples, wanted.metric).of(compressed, Role.UNSEEN)));
    return measured;
  }

  /** How far a candidate's outputs are. */
  OutputChange change(OnnxModel candidate) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(candidate)) {
      return OutputChange.between(dense, session.firstOutput(examples.inputs()));
    }
  }

  /** The metric of both; there must be labels. */
  Score score(OnnxModel candidate) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(candidate)) {
      return score(session.firstOutput(examples.inputs())).orElseThrow();
    }
  }

  private Optional<Score> score(Rows found) {
    return examples
        .labels()
        .map(
            labels ->
                new Score(
                    metric.name(),
                    metric.score().applyAsDouble(dense, labels),
                    metric.score().applyAsDouble(found, labels)));
  }

  private OnData of(OnnxRuntimeSession compressed, Role role) {
    Rows found = compressed.firstOutput(examples.inputs());
    return new OnData(
        examples.name(),
        role,
        examples.inputs().count(),
        OutputChange.between(dense, found),
        score(found));
  }
}
