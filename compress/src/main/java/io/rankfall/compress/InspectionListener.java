package io.rankfall.compress;

/** Told how far an inspection is, from the threads that work on it. */
@FunctionalInterface
public interface InspectionListener {
  /** Hears nothing. */
  InspectionListener NONE = (name, work) -> {};

  /**
   * A matrix or a layer's products are done.
   *
   * @param work what it took in multiplications, about; all together {@link ModelWeights#work}
   */
  void onDone(String name, double work);
}
