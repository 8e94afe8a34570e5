package io.rankfall.benchmarks;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.Rows;
import java.util.List;

/** Sentences as unit vectors: the mean of the model's token vectors, without padding. */
record SentenceEmbeddings(List<Rows> vectors) {
  SentenceEmbeddings {
    vectors = List.copyOf(vectors);
  }

  static SentenceEmbeddings of(OnnxModel model, ModelInputs sentences) throws ModelFormatException {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      return new SentenceEmbeddings(
          session.firstOutputByExample(sentences).stream()
              .map(SentenceEmbeddings::pooled)
              .toList());
    }
  }

  private static Rows pooled(Rows tokens) {
    double[] sum = new double[tokens.width()];
    double square = 0;
    for (int j = 0; j < sum.length; j++) {
      for (int i = 0; i < tokens.count(); i++) {
        sum[j] += tokens.get(i, j);
      }
      square += sum[j] * sum[j];
    }
    float[] unit = new float[sum.length];
    for (int j = 0; j < sum.length; j++) {
      unit[j] = (float) (sum[j] / Math.sqrt(square));
    }
    return Rows.of(unit.length, unit);
  }

  /** The mean over sentences of the cosine of two models' vectors. */
  double meanCosine(SentenceEmbeddings other) {
    double sum = 0;
    for (int i = 0; i < vectors.size(); i++) {
      for (int j = 0; j < vectors.get(i).width(); j++) {
        sum += (double) vectors.get(i).get(0, j) * other.vectors.get(i).get(0, j);
      }
    }
    return sum / vectors.size();
  }
}
