package io.rankfall.train.data;

import io.rankfall.compress.NpyFile;
import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.InputShape;
import io.rankfall.train.Labels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * NumPy's arrays {@code x_train}, {@code y_train}, {@code x_test} and {@code y_test}, as Keras has
 * them, or {@code x} and {@code y}, which are split. x are examples × features, × height × width,
 * or with channels, last or first, wherever there are 1 or 3 of them (last, if both fit). Unsigned
 * bytes are images, standardised; other numbers are taken as they are. y is one label an example.
 */
final class NpzArrays {
  private final String file;
  private final Labelled train;
  private final Labelled test;

  private NpzArrays(String file, Labelled train, Labelled test) {
    this.file = file;
    this.train = train;
    this.test = test;
  }

  /**
   * Reads all arrays.
   *
   * @throws IOException in one line, if the file is damaged, or arrays are missing or do not fit
   */
  static NpzArrays read(Path path) throws IOException {
    String file = path.toString();
    Map<String, NpyFile> arrays = NpyFile.npz(path);
    if (arrays.containsKey("x")) {
      Labelled all = Labelled.of(file, arrays, "x", "y");
      StratifiedSplit split = StratifiedSplit.of(all.labels);
      if (split.test().isEmpty()) {
        throw new DataFormatException(
            "%s: expected two examples of a class or more, found one of each".formatted(file));
      }
      return new NpzArrays(file, all.of(split.train()), all.of(split.test()));
    }
    return new NpzArrays(
        file,
        Labelled.of(file, arrays, "x_train", "y_train"),
        Labelled.of(file, arrays, "x_test", "y_test"));
  }

  /** Whether all numbers are unsigned bytes. */
  boolean areImages() {
    return train.x.unsignedBytes().isPresent() && test.x.unsignedBytes().isPresent();
  }

  private int classes() {
    return 1 + Arrays.stream(train.labels).max().orElse(0);
  }

  ImageSplit images() throws DataFormatException {
    return ImageSplit.of(train.images(), test.images(), classes());
  }

  /** The numbers as they are. */
  Dataset numbers(String name) throws DataFormatException {
    Hash hash = new Hash();
    try {
      return new Dataset(
          name, train.numbers(classes(), hash), test.numbers(classes(), hash), hash.hex());
    } catch (IllegalArgumentException e) {
      DataFormatException refusal = new DataFormatException(file + ": " + e.getMessage());
      refusal.initCause(e);
      throw refusal;
    }
  }

  /** An array of examples, those of them that are chosen, and the labels of these. */
  private static final class Labelled {
    private final String name;
    private final NpyFile x;
    private final List<Integer> chosen;
    private final int[] labels;
    private final Order order;

    private Labelled(String name, NpyFile x, List<Integer> chosen, int[] labels)
        throws DataFormatException {
      this.name = name;
      this.x = x;
      this.chosen = chosen;
      this.labels = labels;
      this.order = Order.of(name, x.shape());
    }

    static Labelled of(String file, Map<String, NpyFile> arrays, String x, String y)
        throws IOException {
      NpyFile examples = arrays.get(x);
      NpyFile labels = arrays.get(y);
      if (examples == null || labels == null) {
        throw new DataFormatException(
            "%s: expected the arrays x_train, y_train, x_test and y_test, or x and y, found %s"
                .formatted(file, String.join(", ", arrays.keySet())));
      }
      String name = file + ": " + x;
      int count = examples.shape().isEmpty() ? 0 : examples.shape().get(0);
      int[] numbers = labels.labels();
      if (numbers.length != count) {
        throw new DataFormatException(
            "%s: expected as many examples as %s has labels, %d, found %d"
                .formatted(name, y, numbers.length, count));
      }
      return new Labelled(name, examples, IntStream.range(0, count).boxed().toList(), numbers);
    }

    Labelled of(List<Integer> some) throws DataFormatException {
      return new Labelled(name, x, some, some.stream().mapToInt(i -> labels[i]).toArray());
    }

    ImageSet images() throws DataFormatException {
      byte[] from = x.unsignedBytes().orElseThrow();
      int size = order.shape.size();
      byte[] pixels = new byte[size * chosen.size()];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = from[chosen.get(i / size) * size + order.source(i % size)];
      }
      return ImageSet.of(name, order.shape, pixels, labels);
    }

    Examples numbers(int classes, Hash hash) throws DataFormatException {
      float[] from = x.floats();
      int size = order.shape.size();
      float[] numbers = new float[size * chosen.size()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = from[chosen.get(i / size) * size + order.source(i % size)];
        if (!Float.isFinite(numbers[i])) {
          throw new DataFormatException(
              "%s: expected finite numbers, found %s in example %d"
                  .formatted(name, numbers[i], chosen.get(i / size)));
        }
      }
      hash.add(order.shape.channels(), order.shape.height(), order.shape.width());
      hash.add(numbers).add(labels);
      return Examples.of(order.shape, numbers, Labels.of(classes, labels));
    }
  }

  /**
   * How the numbers of an example lie in the file.
   *
   * @param shape as learners take them, channels first
   */
  private record Order(InputShape shape, Channels channels) {

    enum Channels {
      FIRST,
      LAST
    }

    static Order of(String name, List<Integer> dims) throws DataFormatException {
      if (dims.size() == 2) {
        return new Order(InputShape.flat(dims.get(1)), Channels.FIRST);
      }
      if (dims.size() == 3) {
        return new Order(new InputShape(1, dims.get(1), dims.get(2)), Channels.FIRST);
      }
      if (dims.size() == 4 && isChannels(dims.get(3))) {
        return new Order(new InputShape(dims.get(3), dims.get(1), dims.get(2)), Channels.LAST);
      }
      if (dims.size() == 4 && isChannels(dims.get(1))) {
        return new Order(new InputShape(dims.get(1), dims.get(2), dims.get(3)), Channels.FIRST);
      }
      throw new DataFormatException(
          "%s: expected examples of one to three dimensions, of three one with 1 or 3 channels, found the shape %s"
              .formatted(name, dims));
    }

    private static boolean isChannels(int dim) {
      return dim == 1 || dim == 3;
    }

    /** Where in the file's example the number is that learners take at this position. */
    int source(int position) {
      int plane = shape.height() * shape.width();
      return channels == Channels.FIRST
          ? position
          : position % plane * shape.channels() + position / plane;
    }
  }
}
