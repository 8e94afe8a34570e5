package io.rankfall.compress;

import io.rankfall.compress.ImagePreprocessing.ChannelOrder;
import io.rankfall.compress.ImagePreprocessing.Layout;
import io.rankfall.compress.ImagePreprocessing.ShorterSide;
import io.rankfall.compress.ImagePreprocessing.Size;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** An image file as unsigned bytes, channel by channel, each row by row. */
public final class DecodedImage {
  private static final List<Double> NO_MEAN = List.of(0.0, 0.0, 0.0);
  private static final List<Double> NO_DEVIATION = List.of(1.0, 1.0, 1.0);

  private final Pixels pixels;

  private DecodedImage(Pixels pixels) {
    this.pixels = pixels;
  }

  /**
   * Reads a PNG, JPEG, BMP or GIF file.
   *
   * @throws ModelFormatException in one line, if it is damaged, of another format, or too large for
   *     the heap, which its header tells before it is decoded
   */
  public static DecodedImage read(Path file) throws IOException {
    return new DecodedImage(ImageFile.read(file));
  }

  /** 1 for gray images, 3 for red, green and blue. */
  public int channels() {
    return pixels.planes().size();
  }

  public int height() {
    return pixels.height();
  }

  public int width() {
    return pixels.width();
  }

  /** With three channels. */
  public DecodedImage coloured() {
    return new DecodedImage(pixels.coloured());
  }

  /** The centre of the image whose shorter side has become {@code side} pixels. */
  public DecodedImage square(int side) {
    return new DecodedImage(
        pixels.prepared(
            new ImagePreprocessing(
                new ShorterSide(side),
                new Size(side, side),
                ChannelOrder.RGB,
                255,
                NO_MEAN,
                NO_DEVIATION,
                Layout.NCHW)));
  }

  /** Copies all channels to {@code target} from {@code offset} on. */
  public void copyTo(byte[] target, int offset) {
    int at = offset;
    for (byte[] plane : pixels.planes()) {
      System.arraycopy(plane, 0, target, at, plane.length);
      at += plane.length;
    }
  }
}
