package io.rankfall.train.data;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a data set is called in full: {@code mnist+pad32-1000} are the first thousand images of
 * MNIST with a border that makes them 32×32; {@code photos+size64} are those of a folder, resized
 * to 64×64.
 *
 * @param base a known name, or a path
 * @param size side of the squares that the images of a folder are resized to, or null
 * @param pad side of the padded images, or null for images as they are
 * @param examples how many of the training examples, or null for all
 */
public record DatasetName(
    String base, @Nullable Integer size, @Nullable Integer pad, @Nullable Integer examples) {
  private static final Pattern FORM =
      Pattern.compile(
          "(?<base>.+?)(\\+size(?<size>[0-9]{1,4}))?(\\+pad(?<pad>[0-9]{1,4}))?(-(?<examples>[0-9]{1,9}))?");

  public DatasetName {
    if (base.isEmpty()) {
      throw new IllegalArgumentException("data set: expected a name or a path, found none");
    }
    if (size != null && size < 1) {
      throw new IllegalArgumentException("size: expected a side >= 1, found " + size);
    }
    if (pad != null && pad < 1) {
      throw new IllegalArgumentException("padding: expected a side >= 1, found " + pad);
    }
    if (examples != null && examples < 1) {
      throw new IllegalArgumentException("examples: expected >= 1, found " + examples);
    }
  }

  /**
   * Takes a name apart.
   *
   * @throws IllegalArgumentException in one line, if it is empty
   */
  public static DatasetName parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "data set: expected a name or a path in one line, found '%s'"
              .formatted(text.lines().findFirst().orElse("")));
    }
    return new DatasetName(
        form.group("base"),
        number(form.group("size")),
        number(form.group("pad")),
        number(form.group("examples")));
  }

  private static @Nullable Integer number(@Nullable String digits) {
    return digits == null ? null : Integer.valueOf(digits);
  }

  /** The data set of a name as it is. */
  static DatasetName whole(String base) {
    return new DatasetName(base, null, null, null);
  }

  /** The name without the number of examples. */
  String ofAll() {
    return base + (size == null ? "" : "+size" + size) + (pad == null ? "" : "+pad" + pad);
  }

  /** The same with all training examples. */
  DatasetName withoutCount() {
    return new DatasetName(base, size, pad, null);
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    return examples == null ? ofAll() : ofAll() + "-" + examples;
  }
}
