package io.rankfall.compress;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;

/**
 * Decodes PNG, JPEG, BMP and the first frame of GIF files by the JDK's own readers. Values are
 * those of the file: no colour profile is applied, no gamma, no orientation from a camera; of more
 * than 8 bits the upper 8 count; transparency is dropped.
 */
final class ImageFile {
  private static final Set<String> FORMATS = Set.of("png", "jpeg", "bmp", "gif");
  private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "bmp", "gif");

  /** The longest side, in pixels. */
  static final int LONGEST_SIDE = 1 << 14;

  /** An image being decoded takes at most about half of this many bytes a pixel. */
  private static final int BYTES_A_PIXEL = 32;

  private ImageFile() {}

  /** Whether the name is that of an image. */
  static boolean isNamed(Path path) {
    String name = path.getFileName().toString();
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && name.contains(".") && ENDINGS.contains(ending);
  }

  /** The most pixels, so that decoding takes less than half of the heap. */
  static long mostPixels() {
    return Runtime.getRuntime().maxMemory() / BYTES_A_PIXEL;
  }

  /**
   * Reads an image of one or three channels.
   *
   * @throws ModelFormatException in one line, if it is damaged, of another format, or larger than
   *     {@link #LONGEST_SIDE} or {@link #mostPixels}, which its header tells before it is decoded
   */
  static Pixels read(Path path) throws IOException {
    FileBytes.size(path);
    try (ImageInputStream stream = new FileImageInputStream(path.toFile())) {
      ImageReader reader = reader(path, stream);
      try {
        return decode(path, reader);
      } finally {
        reader.dispose();
      }
    } catch (ModelFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The JDK's readers meet damage with exceptions of every kind.
      throw new ModelFormatException(path.toString(), "content", "an image", describe(e));
    }
  }

  private static String describe(Exception e) {
    return "damage (%s)"
        .formatted(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
  }

  private static ImageReader reader(Path path, ImageInputStream stream) throws IOException {
    for (Iterator<ImageReader> all = ImageIO.getImageReaders(stream); all.hasNext(); ) {
      ImageReader reader = all.next();
      if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
        // Metadata may hold compressed text of any size.
        reader.setInput(stream, true, true);
        return reader;
      }
      reader.dispose();
    }
    throw new ModelFormatException(
        path.toString(), "content", "a PNG, JPEG, BMP or GIF image", "none of these");
  }

  private static Pixels decode(Path path, ImageReader reader) throws IOException {
    long height = reader.getHeight(0);
    long width = reader.getWidth(0);
    if (Math.min(height, width) < 1
        || Math.max(height, width) > LONGEST_SIDE
        || height * width > mostPixels()) {
      throw new ModelFormatException(
          path.toString(),
          "header",
          "sides from 1 to %,d and at most %,d pixels (by the heap, java -Xmx)"
              .formatted(LONGEST_SIDE, mostPixels()),
          "%dx%d".formatted(height, width));
    }
    reader.addIIOReadWarningListener(
        (source, warning) -> {
          // Otherwise the rest of a cut JPEG file is gray.
          if (warning.contains("remature end")) {
            throw new IllegalStateException(warning);
          }
        });
    return pixels(reader.read(0));
  }

  private static Pixels pixels(BufferedImage image) {
    int height = image.getHeight();
    int width = image.getWidth();
    Lines lines = lines(image);
    List<byte[]> planes =
        IntStream.range(0, lines.channels()).mapToObj(c -> new byte[height * width]).toList();
    for (int y = 0; y < height; y++) {
      lines.read(y, planes, y * width);
    }
    return new Pixels(height, width, planes);
  }

  /** The lines of a decoded image. */
  private interface Lines {
    int channels();

    void read(int y, List<byte[]> planes, int at);
  }

  private static Lines lines(BufferedImage image) {
    return image.getColorModel() instanceof ComponentColorModel model
        ? new Samples(image.getRaster(), model.getNumColorComponents(), model.getComponentSize(0))
        : new Colours(image);
  }

  /**
   * Samples as they are in the file: Java's colours of gray images are brightened by a gamma.
   *
   * @param bits of a sample
   */
  private record Samples(Raster raster, int channels, int bits) implements Lines {
    Samples {
      if (channels != 1 && channels != 3) {
        throw new IllegalArgumentException(
            "%d colour channels instead of 1 or 3".formatted(channels));
      }
    }

    @Override
    public void read(int y, List<byte[]> planes, int at) {
      int width = raster.getWidth();
      int[] samples = new int[width];
      for (int c = 0; c < channels; c++) {
        raster.getSamples(0, y, width, 1, c, samples);
        for (int x = 0; x < width; x++) {
          planes.get(c)[at + x] = (byte) (samples[x] >> (bits - 8));
        }
      }
    }
  }

  /** Palettes and packed pixels. */
  private record Colours(BufferedImage image) implements Lines {
    @Override
    public int channels() {
      return 3;
    }

    @Override
    public void read(int y, List<byte[]> planes, int at) {
      int width = image.getWidth();
      int[] colours = image.getRGB(0, y, width, 1, null, 0, width);
      for (int x = 0; x < width; x++) {
        planes.get(0)[at + x] = (byte) (colours[x] >> 16);
        planes.get(1)[at + x] = (byte) (colours[x] >> 8);
        planes.get(2)[at + x] = (byte) colours[x];
      }
    }
  }
}
