package io.rankfall.benchmarks;

import io.rankfall.compress.Compressor;
import io.rankfall.compress.ModelInputs;
import io.rankfall.compress.OnnxModel;
import io.rankfall.compress.OnnxRuntimeSession;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.RankPolicy.ParameterBudget;
import io.rankfall.compress.Rows;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Compresses published convolutional networks, plainly and with calibration, and holds their
 * outputs on inputs that calibration did not see against the dense ones: the numbers of
 * docs/results.md.
 */
public final class ConvolutionalModels {
  private static final List<Double> SHARES = List.of(0.9, 0.75, 0.5);
  private static final int SAMPLES_PER_SECOND = 16_000;
  private static final String LETTERS =
      "the quick brown fox jumps over a lazy dog 0123456789 THE FIVE BOXING WIZARDS";

  private ConvolutionalModels() {}

  /** {@code ConvolutionalModels detection|recognition|angle|speech MODEL.onnx [MEL.onnx]}. */
  public static void main(String... args) throws Exception {
    Path file = Path.of(args[1]);
    switch (args[0]) {
      case "detection" -> measure(file, pages(1, 4, 320, 320), pages(2, 8, 320, 320));
      case "recognition" -> measure(file, lines(1, 30, 48, 320), lines(2, 30, 48, 320));
      case "angle" -> measure(file, lines(1, 60, 48, 192), lines(2, 120, 48, 192));
      case "speech" ->
          measure(file, windows(Path.of(args[2]), 1, 120), windows(Path.of(args[2]), 2, 120));
      default -> throw new IllegalArgumentException("network: found " + args[0]);
    }
  }

  @SuppressWarnings("SystemOut")
  private static void measure(Path file, Images calibration, Images test) throws Exception {
    OnnxModel model = OnnxModel.read(file);
    Path folder = Files.createTempDirectory("convolutional");
    ModelInputs seen = calibration.inputs(model, folder.resolve("calibration.npz"));
    ModelInputs unseen = test.inputs(model, folder.resolve("test.npz"));
    Rows dense = outputs(model, unseen);
    System.out.printf(
        "dense: parameters %,d, layers %d%n", model.parameters(), model.layers().size());
    Compressor plain = new Compressor(model);
    long start = System.nanoTime();
    Compressor calibrated = Compressor.dataAware(model, seen);
    System.out.printf("calibrated in %.1f s%n", (System.nanoTime() - start) / 1e9);
    for (double share : SHARES) {
      report("plain", plain, share, dense, unseen);
      report("calibrated", calibrated, share, dense, unseen);
    }
  }

  @SuppressWarnings("SystemOut")
  private static void report(
      String how, Compressor compressor, double share, Rows dense, ModelInputs inputs)
      throws Exception {
    RankPlan plan = compressor.plan(new ParameterBudget(share));
    Rows found = outputs(compressor.apply(plan), inputs);
    Map<String, Integer> kinds = new TreeMap<>();
    plan.layers().stream()
        .filter(layer -> layer.choice() instanceof RankPlan.Factored)
        .map(layer -> ((RankPlan.Factored) layer.choice()).how().kind())
        .forEach(kind -> kinds.merge(kind, 1, Integer::sum));
    double difference = 0;
    double norm = 0;
    double agree = 0;
    for (int i = 0; i < dense.count(); i++) {
      agree += dense.argmax(i) == found.argmax(i) ? 1 : 0;
      for (int j = 0; j < dense.width(); j++) {
        difference += Math.pow(found.get(i, j) - (double) dense.get(i, j), 2);
        norm += Math.pow(dense.get(i, j), 2);
      }
    }
    System.out.printf(
        "%-10s %.2f: parameters %,d, output distance %.4f, same largest output %.4f, %s%n",
        how, share, plan.parameters(), Math.sqrt(difference / norm), agree / dense.count(), kinds);
  }

  private static Rows outputs(OnnxModel model, ModelInputs inputs) throws Exception {
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model)) {
      return session.firstOutput(inputs);
    }
  }

  /** Examples of one shape, as a .npz file holds them. */
  private record Images(List<Integer> shape, Rows values) {
    ModelInputs inputs(OnnxModel model, Path file) throws Exception {
      String dims = shape.toString().replace("[", "").replace("]", "");
      String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }".formatted(dims);
      float[] numbers = values.toArray();
      int length = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
      ByteBuffer bytes =
          ByteBuffer.allocate(10 + length + 4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
      bytes.put((byte) 1).put((byte) 0).putShort((short) length);
      String padded = header + " ".repeat(length - header.length() - 1) + "\n";
      bytes.put(padded.getBytes(StandardCharsets.US_ASCII));
      bytes.asFloatBuffer().put(numbers);
      try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
        zip.putNextEntry(new ZipEntry(model.inputs().get(0).name() + ".npy"));
        zip.write(bytes.array());
        zip.closeEntry();
      }
      return ModelInputs.read(file);
    }
  }

  /** Several lines of text on one image. */
  private static Images pages(long seed, int count, int height, int width) {
    return drawn(seed, count, height, width, 8);
  }

  /** One line of text an image, every other upside down. */
  private static Images lines(long seed, int count, int height, int width) {
    return drawn(seed, count, height, width, 1);
  }

  private static Images drawn(long seed, int count, int height, int width, int lines) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count * 3 * height * width];
    int next = 0;
    for (int i = 0; i < count; i++) {
      BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
      Graphics2D graphics = image.createGraphics();
      graphics.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      graphics.setColor(new Color(200 + random.nextInt(56), 200 + random.nextInt(56), 220));
      graphics.fillRect(0, 0, width, height);
      graphics.setColor(new Color(random.nextInt(90), random.nextInt(90), random.nextInt(90)));
      if (lines == 1 && i % 2 == 1) {
        graphics.rotate(Math.PI, width / 2.0, height / 2.0);
      }
      for (int line = 0; line < lines; line++) {
        int size = lines == 1 ? 22 + random.nextInt(14) : 12 + random.nextInt(16);
        graphics.setFont(new Font(Font.SANS_SERIF, random.nextInt(2), size));
        int baseline = (line + 1) * height / lines - height / lines / 4;
        graphics.drawString(text(random), random.nextInt(lines == 1 ? 8 : 60), baseline);
      }
      graphics.dispose();
      for (int c = 0; c < 3; c++) {
        for (int p = 0; p < height * width; p++) {
          int rgb = image.getRGB(p % width, p / width);
          double pixel = ((rgb >> (8 * c)) & 0xff) / 255.0;
          values[next++] = (float) ((pixel - 0.5) / 0.5 + 0.05 * random.nextGaussian());
        }
      }
    }
    return new Images(List.of(count, 3, height, width), Rows.of(3 * height * width, values));
  }

  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    int length = 8 + random.nextInt(14);
    while (text.length() < length) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }

  /** Windows of 76 frames × 32 mel bins of vowels made of harmonics with noise. */
  private static Images windows(Path mel, long seed, int count) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    int samples = 2 * SAMPLES_PER_SECOND;
    float[] windows = new float[count * 76 * 32];
    OnnxModel spectrogram = OnnxModel.read(mel);
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(spectrogram)) {
      for (int i = 0; i < count; i++) {
        Rows frames = session.firstOutput(ModelInputs.of(Rows.of(samples, sound(random, samples))));
        float[] all = frames.toArray();
        int from = random.nextInt(frames.count() - 76) * 32;
        for (int k = 0; k < 76 * 32; k++) {
          windows[i * 76 * 32 + k] = all[from + k] / 10 + 2;
        }
      }
    }
    return new Images(List.of(count, 76, 32, 1), Rows.of(76 * 32, windows));
  }

  private static float[] sound(SplittableRandom random, int samples) {
    float[] sound = new float[samples];
    double phase = 0;
    double pitch = 0;
    double formant = 0;
    double loud = 0;
    for (int t = 0; t < samples; t++) {
      if (t % 2400 == 0) {
        pitch = 90 + 160 * random.nextDouble();
        formant = 400 + 2000 * random.nextDouble();
        loud = random.nextInt(4) == 0 ? 0 : 3000 * random.nextDouble();
      }
      phase += 2 * Math.PI * pitch / SAMPLES_PER_SECOND;
      double value = 0;
      for (int h = 1; h <= 20; h++) {
        double distance = (h * pitch - formant) / 500;
        value += Math.exp(-distance * distance) * Math.sin(h * phase) + 0.1 * Math.sin(h * phase);
      }
      sound[t] = (float) (loud * value + 60 * random.nextGaussian());
    }
    return sound;
  }
}
