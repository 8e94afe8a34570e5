package io.rankfall.compress;

import io.rankfall.compress.ImagePreprocessing.ChannelOrder;
import io.rankfall.compress.ImagePreprocessing.Exactly;
import io.rankfall.compress.ImagePreprocessing.Layout;
import io.rankfall.compress.ImagePreprocessing.Resize;
import io.rankfall.compress.ImagePreprocessing.ShorterSide;
import io.rankfall.compress.ImagePreprocessing.Size;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * An input of a model that is an image.
 *
 * @param dimensions all of the input's, 0 where any goes
 */
record ImageInput(OnnxModel.Input input, List<Integer> dimensions, Layout layout) {
  private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);
  private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

  /** Models of smaller images are trained on whole ones, larger ones on the centre. */
  private static final int SMALLEST_CROPPED = 128;

  private static final double MARGIN = 256.0 / 224;
  private static final double BYTE = 255;

  static ImageInput of(OnnxModel.Input input, StatedPreprocessing stated) {
    List<Integer> dims = input.dimensions().stream().map(ImageInput::dimension).toList();
    if (dims.size() < 2 || dims.size() > 4) {
      throw new IllegalArgumentException(
          "images: expected an input of 2 to 4 dimensions, found " + text(input));
    }
    boolean last = dims.size() == 4 && !isChannels(dims.get(1)) && isChannels(dims.get(3));
    Layout layout = stated.layout().orElse(last ? Layout.NHWC : Layout.NCHW);
    return new ImageInput(input, dims, layout);
  }

  private static boolean isChannels(int dimension) {
    return dimension == 1 || dimension == 3;
  }

  private static int dimension(String text) {
    try {
      return Math.max(0, Integer.parseInt(text));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  ImagePreprocessing preprocessing(StatedPreprocessing stated) {
    ChannelOrder order =
        stated.order().orElse(channels() == 1 ? ChannelOrder.GRAY : ChannelOrder.RGB);
    Size crop = stated.crop().or(this::size).or(() -> exact(stated)).orElseThrow(this::sizeless);
    Resize resize = stated.resize().orElseGet(() -> resize(order, crop));
    double scale = stated.scale().orElse(BYTE);
    boolean whitened = order != ChannelOrder.GRAY && scale == BYTE;
    ImagePreprocessing preprocessing =
        new ImagePreprocessing(
            resize,
            crop,
            order,
            scale,
            perChannel(stated.mean(), order, whitened ? IMAGENET_MEAN : List.of(0.0)),
            perChannel(stated.std(), order, whitened ? IMAGENET_STD : List.of(1.0)),
            layout);
    requireFit(preprocessing);
    return preprocessing;
  }

  private static Optional<Size> exact(StatedPreprocessing stated) {
    return stated
        .resize()
        .flatMap(r -> r instanceof Exactly e ? Optional.of(e.size()) : Optional.empty());
  }

  private static Resize resize(ChannelOrder order, Size crop) {
    int longer = Math.max(crop.height(), crop.width());
    if (order == ChannelOrder.GRAY) {
      return new Exactly(crop);
    }
    return new ShorterSide(
        longer < SMALLEST_CROPPED
            ? longer
            : Math.min(Size.LARGEST, (int) Math.round(longer * MARGIN)));
  }

  private static List<Double> perChannel(
      Optional<List<Double>> stated, ChannelOrder order, List<Double> assumed) {
    List<Double> values = stated.orElse(assumed);
    if (values.size() == 1) {
      return Collections.nCopies(order.channels(), values.get(0));
    }
    if (stated.isPresent() || order != ChannelOrder.BGR) {
      return values;
    }
    List<Double> reversed = new ArrayList<>(values);
    Collections.reverse(reversed);
    return reversed;
  }

  /** How many channels the dimensions name, 0 if they do not. */
  private int channels() {
    return switch (dimensions.size()) {
      case 4 -> dimensions.get(layout == Layout.NCHW ? 1 : 3);
      case 3 -> 1;
      default -> square(dimensions.get(1)) > 0 ? 1 : square(dimensions.get(1) / 3.0) > 0 ? 3 : 0;
    };
  }

  private Optional<Size> size() {
    int first = layout == Layout.NCHW && dimensions.size() == 4 ? 2 : 1;
    int height;
    int width;
    if (dimensions.size() == 2) {
      height = square(dimensions.get(1) / (double) Math.max(1, channels()));
      width = height;
    } else {
      height = dimensions.get(first);
      width = dimensions.get(first + 1);
    }
    return height > 0 && width > 0 ? Optional.of(new Size(height, width)) : Optional.empty();
  }

  /** The whole root of a number, 0 if it has none. */
  private static int square(double number) {
    int root = (int) Math.round(Math.sqrt(number));
    return (double) root * root == number ? root : 0;
  }

  private IllegalArgumentException sizeless() {
    return new IllegalArgumentException(
        "images: expected crop=HEIGHTxWIDTH in the preprocessing, because the model does not say how"
            + " large its images are, found "
            + this);
  }

  private void requireFit(ImagePreprocessing preprocessing) {
    List<Integer> shape = shape(1, preprocessing);
    boolean fits = shape.size() == dimensions.size();
    for (int i = 1; fits && i < shape.size(); i++) {
      fits = dimensions.get(i) == 0 || dimensions.get(i).equals(shape.get(i));
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "images: expected what fits the model's %s, found %s images of %s, %s"
              .formatted(this, preprocessing.order(), preprocessing.crop(), layout));
    }
  }

  /** The dimensions of the array of so many images. */
  List<Integer> shape(int count, ImagePreprocessing preprocessing) {
    int height = preprocessing.crop().height();
    int width = preprocessing.crop().width();
    int channels = preprocessing.order().channels();
    return switch (dimensions.size()) {
      case 2 -> List.of(count, Math.multiplyExact(channels, height * width));
      case 3 -> channels == 1 ? List.of(count, height, width) : List.of();
      default ->
          layout == Layout.NCHW
              ? List.of(count, channels, height, width)
              : List.of(count, height, width, channels);
    };
  }

  private static String text(OnnxModel.Input input) {
    return "input %s [%s]".formatted(input.name(), String.join("×", input.dimensions()));
  }

  @Override
  public String toString() {
    return text(input);
  }
}
