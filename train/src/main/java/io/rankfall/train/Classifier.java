package io.rankfall.train;

/** A network that tells classes apart: it gives logits, and its loss and accuracy follow. */
public interface Classifier extends AutoCloseable {
  /** Examples that go through the network at a time in evaluation. */
  int EVALUATION_BATCH = 256;

  /**
   * The logits of a batch in evaluation mode, row by row, as many rows as {@link Batch#rows}.
   *
   * @param batch at most {@link #EVALUATION_BATCH} examples
   */
  float[] logits(Batch batch);

  /** The logits of {@code count} examples from {@code from} on in evaluation mode, row by row. */
  default float[] logits(Examples examples, int from, int count) {
    int width = Math.multiplyExact(examples.targets(), examples.classes());
    float[] all = new float[Math.multiplyExact(count, width)];
    for (int done = 0; done < count; done += EVALUATION_BATCH) {
      Batch batch = Batch.range(examples, from + done, Math.min(EVALUATION_BATCH, count - done));
      System.arraycopy(logits(batch), 0, all, done * width, batch.size() * width);
    }
    return all;
  }

  /** What {@link #evaluate} gives the mean of. */
  default Loss loss() {
    return Loss.CROSS_ENTROPY;
  }

  /** {@link #loss} and accuracy over {@code examples}, in evaluation mode. */
  default Evaluation evaluate(Examples examples) {
    int classes = examples.classes();
    double sum = 0;
    int correct = 0;
    for (int from = 0; from < examples.size(); from += EVALUATION_BATCH) {
      Batch batch = Batch.range(examples, from, Math.min(EVALUATION_BATCH, examples.size() - from));
      float[] logits = logits(batch);
      for (int i = 0; i < batch.rows(); i++) {
        int label = batch.labelOfRow(i);
        correct += Softmax.argmax(logits, i * classes, classes) == label ? 1 : 0;
        sum += loss().of(logits, i * classes, classes, label);
      }
    }
    double rows = (double) examples.size() * examples.targets();
    return new Evaluation(sum / rows, correct / rows);
  }

  /** Frees what is held outside the heap. */
  @Override
  void close();
}
