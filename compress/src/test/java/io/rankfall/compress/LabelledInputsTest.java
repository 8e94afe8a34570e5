package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels beside the inputs of a model. */
class LabelledInputsTest {
  @TempDir private Path folder = Path.of("");

  private static byte[] floats(String shape, float... numbers) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(numbers);
    return NpyFileTest.npy("<f4", shape, bytes.array());
  }

  private Path npz(String name, Map<String, byte[]> arrays) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    ModelInputsTest.npz(file, arrays);
    return file;
  }

  private static Map<String, byte[]> arrays(String label, byte[] labels) throws IOException {
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("x", floats("(3, 2)", 1, 2, 3, 4, 5, 6));
    arrays.put(label, labels);
    return arrays;
  }

  private static byte[] classes(int... classes) throws IOException {
    byte[] bytes = new byte[classes.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) classes[i];
    }
    return NpyFileTest.npy("|u1", "(%d,)".formatted(bytes.length), bytes);
  }

  @Test
  void everyNameOfLabelsIsSplitOff() throws Exception {
    for (String name : new String[] {"labels", "label", "y"}) {
      LabelledInputs read = LabelledInputs.read(npz(name + ".npz", arrays(name, classes(2, 0, 9))));
      assertThat(read.labels().orElseThrow().toArray()).containsExactly(2, 0, 9);
      assertThat(read.labels().orElseThrow().width()).isEqualTo(1);
      assertThat(read.inputs().whole().arrays()).containsOnlyKeys("x");
      assertThat(read.inputs().count()).isEqualTo(3);
    }
  }

  @Test
  void anInputOfTheModelIsNoLabel() throws Exception {
    Path file = npz("input.npz", arrays("y", classes(2, 0, 9)));
    LabelledInputs read = LabelledInputs.read(file, Set.of("x", "y"));
    assertThat(read.labels()).isEmpty();
    assertThat(read.inputs().whole().arrays()).containsOnlyKeys("x", "y");
    Map<String, byte[]> both = arrays("y", classes(2, 0, 9));
    both.put("label", classes(1, 1, 1));
    LabelledInputs named = LabelledInputs.read(npz("both.npz", both), Set.of("x", "y"));
    assertThat(named.labels().orElseThrow().toArray()).containsExactly(1, 1, 1);
    assertThat(named.inputs().whole().arrays()).containsOnlyKeys("x", "y");
  }

  @Test
  void rowsOfNumbersStayRows() throws Exception {
    Path file = npz("rows.npz", arrays("labels", floats("(3, 2)", 1, 2, 3, 4, 5, 6.5f)));
    Rows labels = LabelledInputs.read(file).labels().orElseThrow();
    assertThat(labels.width()).isEqualTo(2);
    assertThat(labels.get(2, 1)).isEqualTo(6.5f);
  }

  @Test
  void thereMayBeNoLabels() throws Exception {
    Path npy = folder.resolve("x.npy");
    Files.write(npy, floats("(3, 2)", 1, 2, 3, 4, 5, 6));
    assertThat(LabelledInputs.read(npy).labels()).isEmpty();
    Map<String, byte[]> inputs = arrays("y", classes(1, 2, 3));
    inputs.remove("y");
    assertThat(LabelledInputs.read(npz("x.npz", inputs)).labels()).isEmpty();
  }

  @Test
  void theLabelsOfAFolderFollowItsFiles() throws Exception {
    npz("parts/b.npz", arrays("labels", classes(4, 5, 6)));
    npz("parts/a.npz", arrays("labels", classes(1, 2, 3)));
    LabelledInputs read = LabelledInputs.read(folder.resolve("parts"));
    assertThat(read.labels().orElseThrow().toArray()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(read.inputs().count()).isEqualTo(6);
  }

  @Test
  void labelsThatCannotBeAreRefusedInOneLine() throws Exception {
    Path few = folder.resolve("few.npz");
    assertThatThrownBy(() -> ModelInputsTest.npz(few, arrays("labels", classes(1, 2))))
        .hasMessageContaining("labels: expected 3 examples, as x has, found 2");
    Path nan = npz("nan.npz", arrays("labels", floats("(3,)", 1, Float.NaN, 2)));
    assertThatThrownBy(() -> LabelledInputs.read(nan))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("nan.npz: labels: row 1: expected a finite number, found NaN");
    byte[] words = NpyFileTest.npy("<U1", "(3,)", new byte[12]);
    Path text = folder.resolve("text.npz");
    assertThatThrownBy(() -> ModelInputsTest.npz(text, arrays("labels", words)))
        .hasMessageContaining("text.npz: labels: header: expected <f4");
    Path alone = npz("alone.npz", Map.of("labels", classes(1, 2)));
    assertThatThrownBy(() -> LabelledInputs.read(alone))
        .hasMessageContaining("expected the model's inputs, found labels alone");
    npz("some/a.npz", arrays("labels", classes(1, 2, 3)));
    npz("some/b.npz", arrays("z", classes(1, 2, 3)));
    assertThatThrownBy(() -> LabelledInputs.read(folder.resolve("some")))
        .hasMessageContaining("labels: expected labels of one shape in every file");
  }
}
