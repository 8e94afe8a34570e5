package io.rankfall.compress;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How an image file becomes numbers that a model expects, in this order: to the channels of {@code
 * order}, resized, the centre cut out, and (value/{@code scale} − mean)/std of each channel.
 *
 * <p>Resizing is bilinear with a triangle filter that widens as the image shrinks, in the integer
 * arithmetic of Pillow's {@code Image.resize(BILINEAR)}, which torchvision uses on images.
 *
 * @param resize to what size before the centre is cut out
 * @param crop the size of the centre, which the model sees
 * @param order the channels and their order
 * @param scale what a value from 0 to 255 is divided by; 1 for none
 * @param mean subtracted after that, one for each channel in the order of {@code order}
 * @param std divided by at last, one for each channel, none of them 0
 * @param layout where channels are in the array
 */
public record ImagePreprocessing(
    Resize resize,
    Size crop,
    ChannelOrder order,
    double scale,
    List<Double> mean,
    List<Double> std,
    Layout layout) {

  /** In pixels, each side from 1 to {@value #LARGEST}. */
  public record Size(int height, int width) {
    static final int LARGEST = 4096;

    public Size {
      requireSide(height);
      requireSide(width);
    }

    private static void requireSide(int side) {
      if (side < 1 || side > LARGEST) {
        throw new IllegalArgumentException(
            "image size: expected sides from 1 to %d, found %d".formatted(LARGEST, side));
      }
    }

    @Override
    public String toString() {
      return height + "x" + width;
    }
  }

  /** What size an image has before its centre is cut out. */
  public sealed interface Resize {
    /** Of an image of this size. */
    Dimensions of(int height, int width);
  }

  /** Any size in pixels, also those that are never made whole. */
  public record Dimensions(int height, int width) {}

  /** The shorter side becomes so many pixels; the other one keeps the shape, rounded down. */
  public record ShorterSide(int pixels) implements Resize {
    public ShorterSide {
      Size.requireSide(pixels);
    }

    @Override
    public Dimensions of(int height, int width) {
      return height < width
          ? new Dimensions(pixels, (int) ((long) pixels * width / height))
          : new Dimensions((int) ((long) pixels * height / width), pixels);
    }

    @Override
    public String toString() {
      return Integer.toString(pixels);
    }
  }

  /** To this size, whatever the shape. */
  public record Exactly(Size size) implements Resize {
    @Override
    public Dimensions of(int height, int width) {
      return new Dimensions(size.height(), size.width());
    }

    @Override
    public String toString() {
      return size.toString();
    }
  }

  /** The channels of an image; gray is (19595 R + 38470 G + 7471 B)/65536, as in Pillow. */
  public enum ChannelOrder {
    RGB(3),
    BGR(3),
    GRAY(1);

    private final int channels;

    ChannelOrder(int channels) {
      this.channels = channels;
    }

    int channels() {
      return channels;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where channels are: before the pixels, or last. */
  public enum Layout {
    NCHW,
    NHWC;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public ImagePreprocessing {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (!Double.isFinite(scale) || scale <= 0) {
      throw new IllegalArgumentException(
          "scale: expected a number above 0, found " + numbers(List.of(scale)));
    }
    requireChannels("mean", mean, order);
    requireChannels("std", std, order);
    if (std.stream().anyMatch(s -> s <= 0)) {
      throw new IllegalArgumentException("std: expected numbers above 0, found " + numbers(std));
    }
    // The longer side follows, and is as long.
    Size size = crop;
    Dimensions resized = resize.of(1, 1);
    if (resized.height() < size.height() || resized.width() < size.width()) {
      throw new IllegalArgumentException(
          "resize: expected at least crop=%s, found %s".formatted(size, resize));
    }
  }

  private static void requireChannels(String what, List<Double> values, ChannelOrder order) {
    if (values.size() != order.channels() || !values.stream().allMatch(Double::isFinite)) {
      throw new IllegalArgumentException(
          "%s: expected %d numbers for %s, found %s"
              .formatted(what, order.channels(), order, numbers(values)));
    }
  }

  /**
   * What a model with this input most likely expects, but where the user says otherwise.
   *
   * <ul>
   *   <li>Layout, channels and size are the input's: batch × channels × height × width or channels
   *       last, gray without channels, a flat square of one channel or of three, channels first.
   *   <li>Colours: the shorter side becomes 256/224 of the longer side of the crop, below 128
   *       pixels just that; ImageNet's means and deviations.
   *   <li>Gray: resized to the crop; neither means nor deviations.
   *   <li>A scale other than 255: neither means nor deviations.
   * </ul>
   *
   * @throws IllegalArgumentException in one line, if that leaves the size open, or the input cannot
   *     be such an image
   */
  public static ImagePreprocessing of(OnnxModel.Input input, StatedPreprocessing stated) {
    return ImageInput.of(input, stated).preprocessing(stated);
  }

  /** In the syntax of {@link StatedPreprocessing#parse}. */
  @Override
  public String toString() {
    return "resize=%s,crop=%s,order=%s,scale=%s,mean=%s,std=%s,layout=%s"
        .formatted(
            resize, crop, order, numbers(List.of(scale)), numbers(mean), numbers(std), layout);
  }

  private static String numbers(List<Double> values) {
    return values.stream()
        .map(v -> Double.isFinite(v) ? new BigDecimal(v.toString()).stripTrailingZeros() : v)
        .map(v -> v instanceof BigDecimal decimal ? decimal.toPlainString() : v.toString())
        .collect(Collectors.joining(":"));
  }
}
