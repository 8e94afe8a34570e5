package io.rankfall.compress;

import io.rankfall.compress.ImagePreprocessing.ChannelOrder;
import io.rankfall.compress.ImagePreprocessing.Dimensions;
import io.rankfall.compress.ImagePreprocessing.Layout;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * An image of bytes.
 *
 * @param planes height × width of each channel
 */
record Pixels(int height, int width, List<byte[]> planes) {
  Pixels {
    planes = List.copyOf(planes);
  }

  /** The centre of the resized image. */
  Pixels prepared(ImagePreprocessing how) {
    Dimensions resized = how.resize().of(height, width);
    int rows = how.crop().height();
    int cols = how.crop().width();
    int top = centre(resized.height(), rows);
    int left = centre(resized.width(), cols);
    TriangleFilter vertical = new TriangleFilter(height, resized.height(), top, top + rows);
    TriangleFilter horizontal = new TriangleFilter(width, resized.width(), left, left + cols);
    return new Pixels(
        rows, cols, planes.stream().map(p -> resampled(p, horizontal, vertical)).toList());
  }

  /** Halves go to the even side, as in torchvision's centre crop. */
  private static int centre(int whole, int part) {
    return (int) Math.rint((whole - part) / 2.0);
  }

  /** Lines first, and of those only what the columns need. */
  private byte[] resampled(byte[] plane, TriangleFilter horizontal, TriangleFilter vertical) {
    int cols = horizontal.size();
    int first = vertical.first();
    byte[] lines = new byte[Math.multiplyExact(vertical.end() - first, cols)];
    for (int y = first; y < vertical.end(); y++) {
      for (int x = 0; x < cols; x++) {
        lines[(y - first) * cols + x] = horizontal.apply(x, plane, y * width, 1);
      }
    }
    byte[] result = new byte[vertical.size() * cols];
    for (int y = 0; y < vertical.size(); y++) {
      for (int x = 0; x < cols; x++) {
        result[y * cols + x] = vertical.apply(y, lines, x - first * cols, cols);
      }
    }
    return result;
  }

  /** Appends the numbers of an image of the right size. */
  void appendTo(FloatBuffer numbers, ImagePreprocessing how) {
    int channels = planes.size();
    boolean last = how.layout() == Layout.NHWC;
    int size = height * width;
    int start = numbers.position();
    for (int c = 0; c < channels; c++) {
      // bgr is the third plane first.
      byte[] plane = planes.get(how.order() == ChannelOrder.BGR ? channels - 1 - c : c);
      float[] table = table(how, c);
      for (int i = 0; i < size; i++) {
        numbers.put(start + (last ? i * channels + c : c * size + i), table[plane[i] & 0xff]);
      }
    }
    numbers.position(start + channels * size);
  }

  /** What each byte becomes. */
  private static float[] table(ImagePreprocessing how, int channel) {
    float[] table = new float[256];
    for (int i = 0; i < table.length; i++) {
      table[i] = (float) ((i / how.scale() - how.mean().get(channel)) / how.std().get(channel));
    }
    return table;
  }

  /** Red, green and blue as one channel. */
  Pixels gray() {
    if (planes.size() == 1) {
      return this;
    }
    byte[] gray = new byte[height * width];
    for (int i = 0; i < gray.length; i++) {
      int sum =
          19595 * (planes.get(0)[i] & 0xff)
              + 38470 * (planes.get(1)[i] & 0xff)
              + 7471 * (planes.get(2)[i] & 0xff);
      gray[i] = (byte) ((sum + (1 << 15)) >> 16);
    }
    return new Pixels(height, width, List.of(gray));
  }

  /** One channel three times. */
  Pixels coloured() {
    return planes.size() == 3
        ? this
        : new Pixels(height, width, List.of(planes.get(0), planes.get(0), planes.get(0)));
  }
}
