package io.rankfall.train;

import java.util.Arrays;

/** Where each pixel of a moved, mirrored and turned image lies in the original. */
final class PixelMap {

  /** Whether left and right change places. */
  enum Sides {
    KEPT,
    SWAPPED
  }

  private final int height;
  private final int width;
  private final int down;
  private final int right;
  private final Sides sides;
  private final double cos;
  private final double sin;

  /**
   * @param down the image's content is moved so many pixels down, or up if negative
   * @param right and to the right
   * @param sides of the moved image
   * @param degrees turned counter-clockwise, as seen on a screen, before it is moved
   */
  PixelMap(int height, int width, int down, int right, Sides sides, double degrees) {
    this.height = height;
    this.width = width;
    this.down = down;
    this.right = right;
    this.sides = sides;
    this.cos = Math.cos(Math.toRadians(degrees));
    this.sin = Math.sin(Math.toRadians(degrees));
  }

  private int unmirrored(int x) {
    return sides == Sides.SWAPPED ? width - 1 - x : x;
  }

  /** Writes a changed channel of {@code from} to {@code to}. */
  void apply(float[] from, int start, float outside, float[] to, int at) {
    if (sin == 0 && cos == 1) {
      move(from, start, outside, to, at);
    } else {
      turn(from, start, outside, to, at);
    }
  }

  private void move(float[] from, int start, float outside, float[] to, int at) {
    for (int y = 0; y < height; y++) {
      int line = at + y * width;
      int sourceY = y - down;
      if (sourceY < 0 || sourceY >= height) {
        Arrays.fill(to, line, line + width, outside);
        continue;
      }
      int source = start + sourceY * width;
      // Columns of the result that lie in the original.
      int first = Math.max(0, sides == Sides.KEPT ? right : -right);
      int end = width - Math.max(0, sides == Sides.KEPT ? -right : right);
      Arrays.fill(to, line, line + first, outside);
      Arrays.fill(to, line + end, line + width, outside);
      if (sides == Sides.KEPT) {
        System.arraycopy(from, source + first - right, to, line + first, end - first);
      } else {
        int mirror = source + width - 1 - right;
        for (int x = first; x < end; x++) {
          to[line + x] = from[mirror - x];
        }
      }
    }
  }

  private void turn(float[] from, int start, float outside, float[] to, int at) {
    double centreY = (height - 1) / 2.0;
    double centreX = (width - 1) / 2.0;
    for (int y = 0; y < height; y++) {
      double dy = y - down - centreY;
      for (int x = 0; x < width; x++) {
        double dx = unmirrored(x) - right - centreX;
        double sourceY = centreY + cos * dy + sin * dx;
        double sourceX = centreX - sin * dy + cos * dx;
        to[at + y * width + x] = bilinear(from, start, outside, sourceY, sourceX);
      }
    }
  }

  private float bilinear(float[] from, int start, float outside, double y, double x) {
    int top = (int) Math.floor(y);
    int left = (int) Math.floor(x);
    float below = (float) (y - top);
    float beside = (float) (x - left);
    float upper =
        (1 - beside) * pixel(from, start, outside, top, left)
            + beside * pixel(from, start, outside, top, left + 1);
    float lower =
        (1 - beside) * pixel(from, start, outside, top + 1, left)
            + beside * pixel(from, start, outside, top + 1, left + 1);
    return (1 - below) * upper + below * lower;
  }

  private float pixel(float[] from, int start, float outside, int y, int x) {
    return y < 0 || y >= height || x < 0 || x >= width ? outside : from[start + y * width + x];
  }
}
