package io.rankfall.compress;

import io.rankfall.compress.ImagePreprocessing.ChannelOrder;
import io.rankfall.compress.ImagePreprocessing.Exactly;
import io.rankfall.compress.ImagePreprocessing.Layout;
import io.rankfall.compress.ImagePreprocessing.Resize;
import io.rankfall.compress.ImagePreprocessing.ShorterSide;
import io.rankfall.compress.ImagePreprocessing.Size;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is said of an {@link ImagePreprocessing}; the rest follows from the model.
 *
 * @param mean one number for all channels or one for each
 * @param std one number for all channels or one for each
 */
public record StatedPreprocessing(
    Optional<Resize> resize,
    Optional<Size> crop,
    Optional<ChannelOrder> order,
    Optional<Double> scale,
    Optional<List<Double>> mean,
    Optional<List<Double>> std,
    Optional<Layout> layout) {

  /** Nothing is said. */
  public static final StatedPreprocessing NONE = new StatedPreprocessing(Map.of());

  private static final List<String> KEYS =
      List.of("resize", "crop", "order", "scale", "mean", "std", "layout");
  private static final Pattern SIDE = Pattern.compile("[0-9]{1,6}");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,6})x([0-9]{1,6})");

  private StatedPreprocessing(Map<String, String> values) {
    this(
        value(values, "resize", StatedPreprocessing::resize),
        value(values, "crop", StatedPreprocessing::size),
        value(values, "order", text -> constant(text, ChannelOrder.values())),
        value(values, "scale", StatedPreprocessing::number),
        value(values, "mean", StatedPreprocessing::numbers),
        value(values, "std", StatedPreprocessing::numbers),
        value(values, "layout", text -> constant(text, Layout.values())));
  }

  /**
   * Reads {@code key=value} pairs between commas, for example {@code
   * resize=256,crop=224x224,order=rgb,scale=255,mean=0.485:0.456:0.406,std=0.229:0.224:0.225,layout=nchw}.
   * Each key may be left out. {@code resize} is the shorter side, or height×width; {@code order} is
   * rgb, bgr or gray; {@code layout} nchw or nhwc.
   *
   * @throws IllegalArgumentException in one line, which names the key
   */
  public static StatedPreprocessing parse(String text) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      String[] parts = pair.strip().split("=", 2);
      if (parts.length < 2 || !KEYS.contains(parts[0])) {
        throw new IllegalArgumentException(
            "preprocessing: expected %s=VALUE, found '%s'".formatted(String.join("|", KEYS), pair));
      }
      if (values.put(parts[0], parts[1]) != null) {
        throw new IllegalArgumentException(
            "preprocessing: expected each key once, found %s twice".formatted(parts[0]));
      }
    }
    return new StatedPreprocessing(values);
  }

  private static <T> Optional<T> value(
      Map<String, String> values, String key, Function<String, T> parse) {
    String text = values.get(key);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(parse.apply(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("preprocessing: %s: %s".formatted(key, e.getMessage()), e);
    }
  }

  private static Resize resize(String text) {
    return SIDE.matcher(text).matches()
        ? new ShorterSide(Integer.parseInt(text))
        : new Exactly(size(text));
  }

  private static Size size(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "expected HEIGHTxWIDTH in pixels, found '%s'".formatted(text));
    }
    return new Size(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  private static <E extends Enum<E>> E constant(String text, E[] known) {
    return Arrays.stream(known)
        .filter(constant -> constant.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "expected one of %s, found '%s'".formatted(Arrays.toString(known), text)));
  }

  private static Double number(String text) {
    try {
      return Double.valueOf(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("expected a number, found '%s'".formatted(text), e);
    }
  }

  private static List<Double> numbers(String text) {
    return Stream.of(text.split(":", -1)).map(StatedPreprocessing::number).toList();
  }

  /** The keys that are not said. */
  List<String> open() {
    List<Optional<?>> values = List.of(resize, crop, order, scale, mean, std, layout);
    List<String> open = new ArrayList<>();
    for (int i = 0; i < KEYS.size(); i++) {
      if (values.get(i).isEmpty()) {
        open.add(KEYS.get(i));
      }
    }
    return open;
  }
}
