package io.rankfall.train.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A tenth of the examples of each class, rounded up, for the test; the rest to train on. A class of
 * one example is only trained on. Which ones they are is drawn by a seed that never changes, so
 * that all runs on the data are tested on the same ones.
 *
 * @param train numbers of examples, in ascending order
 * @param test numbers of examples, in ascending order
 */
record StratifiedSplit(List<Integer> train, List<Integer> test) {
  private static final long SEED = 1;
  private static final int SHARE = 10;

  StratifiedSplit {
    train = List.copyOf(train);
    test = List.copyOf(test);
  }

  /**
   * @param labels of the examples
   */
  static StratifiedSplit of(int[] labels) {
    Map<Integer, List<Integer>> byClass = new TreeMap<>();
    for (int i = 0; i < labels.length; i++) {
      byClass.computeIfAbsent(labels[i], label -> new ArrayList<>()).add(i);
    }
    SplittableRandom random = new SplittableRandom(SEED);
    List<Integer> train = new ArrayList<>();
    List<Integer> test = new ArrayList<>();
    for (List<Integer> members : byClass.values()) {
      for (int i = members.size() - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        members.set(i, members.set(j, members.get(i)));
      }
      int tested = members.size() == 1 ? 0 : (members.size() + SHARE - 1) / SHARE;
      test.addAll(members.subList(0, tested));
      train.addAll(members.subList(tested, members.size()));
    }
    train.sort(null);
    test.sort(null);
    return new StratifiedSplit(train, test);
  }
}
