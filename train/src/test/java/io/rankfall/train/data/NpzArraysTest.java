package io.rankfall.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.InputShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NumPy's archives, by a path. */
final class NpzArraysTest {
  @TempDir private Path folder = Path.of("");

  private final Map<String, byte[]> arrays = new LinkedHashMap<>();

  private Dataset open(String suffix) throws IOException, InterruptedException {
    Published.write(folder, "set.npz", zip(arrays));
    return Datasets.in(new DataFolder(Path.of("nowhere"))).open(folder.resolve("set.npz") + suffix);
  }

  private static byte[] zip(Map<String, byte[]> files) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(file.getKey() + ".npy"));
        zip.write(file.getValue());
      }
    }
    return out.toByteArray();
  }

  private static byte[] npy(String type, String shape, byte[] data) {
    String header =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }".formatted(type, shape);
    byte[] text =
        (header + " ".repeat(117 - header.length()) + "\n").getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(10 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) text.length)
        .put(text)
        .put(data)
        .array();
  }

  private static byte[] floats(String shape, float... numbers) {
    ByteBuffer data = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      data.putFloat(number);
    }
    return npy("<f4", shape, data.array());
  }

  private static byte[] labels(int... labels) {
    ByteBuffer data = ByteBuffer.allocate(8 * labels.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int label : labels) {
      data.putLong(label);
    }
    return npy("<i8", labels.length + ",", data.array());
  }

  private void keras(String shape, String type, byte[] train, byte[] test) {
    arrays.put("x_train", npy(type, "4, " + shape, train));
    arrays.put("y_train", labels(0, 2, 1, 2));
    arrays.put("x_test", npy(type, "2, " + shape, test));
    arrays.put("y_test", labels(1, 0));
  }

  @Test
  void channelsLastAndFirstAreTheSameImages() throws Exception {
    byte[] last = Published.random(4 * 60, 1);
    byte[] test = Published.random(2 * 60, 2);
    keras("5, 4, 3", "|u1", last, test);
    Dataset ofLast = open("");
    keras("3, 5, 4", "|u1", first(last), first(test));
    Dataset ofFirst = open("");

    assertThat(ofLast.train().shape()).isEqualTo(new InputShape(3, 5, 4));
    assertThat(ofLast.train().classes()).isEqualTo(3);
    assertThat(ofLast.train().label(3)).isEqualTo(2);
    assertThat(ofLast.train().inputs(0, 4)).isEqualTo(ofFirst.train().inputs(0, 4));
    assertThat(ofLast.test().inputs(0, 2)).isEqualTo(ofFirst.test().inputs(0, 2));
    assertThat(ofLast.sha256()).isEqualTo(ofFirst.sha256());
    // The first channel of the second image, in the order of its bytes.
    float[] image = ofLast.train().inputs(1, 1);
    for (int i = 1; i < 20; i++) {
      assertThat(Integer.signum(Float.compare(image[i], image[i - 1])))
          .isEqualTo(Integer.signum((last[60 + 3 * i] & 0xff) - (last[57 + 3 * i] & 0xff)));
    }
    assertThat(open("+pad8").train().shape()).isEqualTo(new InputShape(3, 8, 8));
  }

  private static byte[] first(byte[] last) {
    byte[] first = new byte[last.length];
    for (int i = 0; i < last.length; i++) {
      int image = i / 60;
      first[image * 60 + i % 3 * 20 + i % 60 / 3] = last[i];
    }
    return first;
  }

  @Test
  void numbersAreTakenAsTheyAre() throws Exception {
    float[] x = new float[40];
    for (int i = 0; i < x.length; i++) {
      x[i] = i / 8f;
    }
    int[] y = new SplittableRandom(1).ints(20, 0, 2).toArray();
    arrays.put("x", floats("20, 2", x));
    arrays.put("y", labels(y));
    Dataset data = open("");

    assertThat(data.train().shape()).isEqualTo(InputShape.flat(2));
    assertThat(data.train().size() + data.test().size()).isEqualTo(20);
    long ones = Arrays.stream(y).filter(label -> label == 1).count();
    assertThat((long) data.test().size()).isEqualTo((ones + 9) / 10 + (20 - ones + 9) / 10);
    for (var examples : Arrays.asList(data.train(), data.test())) {
      for (int i = 0; i < examples.size(); i++) {
        float[] example = examples.inputs(i, 1);
        assertThat(example[1]).isEqualTo(example[0] + 0.125f);
        assertThat(examples.label(i)).isEqualTo(y[(int) (example[0] * 4)]);
      }
    }
    assertThat(open("").sha256()).isEqualTo(data.sha256());
    x[7] = 3;
    arrays.put("x", floats("20, 2", x));
    assertThat(open("").sha256()).isNotEqualTo(data.sha256());
    assertThatThrownBy(() -> open("+pad8"))
        .hasMessageEndingWith("expected images to pad, found none");
  }

  @Test
  void whatDoesNotFitIsRefusedInOneLine() throws Exception {
    String file = folder.resolve("set.npz").toString();
    arrays.put("x_train", floats("1, 2", 1, 2));
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(
            file
                + ": expected the arrays x_train, y_train, x_test and y_test, or x and y, found x_train");
    keras("5, 4, 2", "|u1", new byte[160], new byte[80]);
    assertThatThrownBy(() -> open("")).hasMessageEndingWith("found the shape [4, 5, 4, 2]");
    keras("2", "|u1", new byte[8], new byte[4]);
    arrays.put("y_train", labels(0, 1));
    assertThatThrownBy(() -> open(""))
        .hasMessage(
            file + ": x_train: expected as many examples as y_train has labels, 2, found 4");
    arrays.put("y_train", labels(0, 1, -1, 0));
    assertThatThrownBy(() -> open("")).isInstanceOf(ModelFormatException.class);
    arrays.put("y_train", labels(0, 1, 1, 0));
    arrays.put("y_test", labels(0, 2));
    assertThatThrownBy(() -> open(""))
        .isInstanceOf(DataFormatException.class)
        .hasMessage(file + ": x_test: expected labels from 0 to 1, found 2 at image 1");
    arrays.put("x_train", floats("4, 2", 1, 2, 3, 4, 5, Float.NaN, 7, 8));
    assertThatThrownBy(() -> open(""))
        .hasMessage(file + ": x_train: expected finite numbers, found NaN in example 2");
    arrays.put("x_train", npy("|u1", "4000, 1000, 1000", new byte[10]));
    assertThatThrownBy(() -> open("")).isInstanceOf(ModelFormatException.class);
    arrays.put("x_train", npy("|u1", "4, 2", new byte[7]));
    assertThatThrownBy(() -> open("")).isInstanceOf(ModelFormatException.class);
  }
}
