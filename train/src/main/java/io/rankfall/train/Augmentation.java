package io.rankfall.train;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.List;

/**
 * What is done to an image at random whenever it is trained on: it is turned about its centre, then
 * moved, then mirrored, all in one resampling. What comes in from outside is black, that is, 0
 * before standardisation. Without a rotation these are torchvision's {@code RandomCrop(size,
 * padding)} and {@code RandomHorizontalFlip}: pixels are moved, not mixed.
 *
 * @param crop the image is moved by up to so many pixels down or up, and left or right, each
 *     distance equally likely
 * @param rotate the image is turned by an angle from −rotate to rotate degrees, each equally
 *     likely, and sampled bilinearly
 */
public record Augmentation(int crop, Flip flip, int rotate) {

  /** Which images are mirrored. */
  public enum Flip {
    NEVER,
    /** Left and right change places in every second image. */
    HALF
  }

  /** Images as they are. */
  public static final Augmentation NONE = new Augmentation(0, Flip.NEVER, 0);

  private static final int MOST_DEGREES = 180;

  public Augmentation {
    if (crop < 0) {
      throw new IllegalArgumentException("augmentation: expected crop >= 0, found " + crop);
    }
    if (rotate < 0 || rotate > MOST_DEGREES) {
      throw new IllegalArgumentException(
          "augmentation: expected rotate from 0 to %d degrees, found %d"
              .formatted(MOST_DEGREES, rotate));
    }
  }

  /**
   * Reads, for example, {@code crop=4,flip,rotate=15}, each part at most once, or {@code none}.
   *
   * @throws IllegalArgumentException in one line, if it is something else
   */
  @JsonCreator
  public static Augmentation parse(String text) {
    if (text.equals("none")) {
      return NONE;
    }
    Integer crop = null;
    Integer rotate = null;
    Flip flip = Flip.NEVER;
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String key = part.substring(0, equals < 0 ? part.length() : equals);
      String value = part.substring(equals + 1);
      if (key.equals("crop") && equals > 0 && crop == null) {
        crop = number(text, part, value);
      } else if (key.equals("rotate") && equals > 0 && rotate == null) {
        rotate = number(text, part, value);
      } else if (part.equals("flip") && flip == Flip.NEVER) {
        flip = Flip.HALF;
      } else {
        throw refused(text, part);
      }
    }
    return new Augmentation(crop == null ? 0 : crop, flip, rotate == null ? 0 : rotate);
  }

  private static int number(String text, String part, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw refused(text, part);
    }
  }

  private static IllegalArgumentException refused(String text, String part) {
    return new IllegalArgumentException(
        "augmentation '%s': expected crop=PIXELS, flip and rotate=DEGREES, each once, or none; found '%s'"
            .formatted(text, part));
  }

  /** As {@link #parse} reads it. */
  @JsonValue
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    if (crop > 0) {
      parts.add("crop=" + crop);
    }
    if (flip == Flip.HALF) {
      parts.add("flip");
    }
    if (rotate > 0) {
      parts.add("rotate=" + rotate);
    }
    return parts.isEmpty() ? "none" : String.join(",", parts);
  }

  /**
   * @throws IllegalArgumentException in one line, if nothing of such examples is an image of this
   *     size
   */
  void requireFit(InputShape shape) {
    int side = Math.min(shape.height(), shape.width());
    if (!equals(NONE) && (side < 2 || crop > side)) {
      throw new IllegalArgumentException(
          "augmentation %s: expected images of at least %d pixels a side, found examples of %s"
              .formatted(this, Math.max(2, crop), shape));
    }
  }
}
