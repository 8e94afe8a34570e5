package io.rankfall.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.train.DataFormatException;
import io.rankfall.train.Dataset;
import io.rankfall.train.Examples;
import io.rankfall.train.InputShape;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class CharacterTextTest {

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The text of some windows, with the character after the last. */
  private static String text(Examples examples, String vocabulary, int windows) {
    StringBuilder text = new StringBuilder();
    float[] inputs = examples.inputs(0, windows);
    for (float token : inputs) {
      text.append(vocabulary.charAt((int) token));
    }
    text.append(vocabulary.charAt(examples.label(windows - 1, examples.targets() - 1)));
    return text.toString();
  }

  @Test
  void windowsOfTrainingAndTestAreTheTextAndItsEnd() throws Exception {
    String words = "abcdefghijklmnopqrstuvwxyz\n";
    String text = words.repeat(100);
    CharacterText read = CharacterText.of("t", utf8(text));
    Dataset data = read.dataset("t", "");

    assertThat(read.vocabulary()).isEqualTo("\nabcdefghijklmnopqrstuvwxyz");
    assertThat(data.train().shape()).isEqualTo(InputShape.flat(64));
    assertThat(data.train().targets()).isEqualTo(64);
    assertThat(data.train().classes()).isEqualTo(27);
    // 2,430 of 2,700 characters train: 37 windows take 2,368 and one more, 38 would take 2,433.
    assertThat(data.train().size()).isEqualTo(37);
    assertThat(data.test().size()).isEqualTo(4);
    assertThat(text(data.train(), read.vocabulary(), 37)).isEqualTo(text.substring(0, 2369));
    assertThat(text(data.test(), read.vocabulary(), 4)).isEqualTo(text.substring(2430, 2430 + 257));
  }

  @Test
  void everyLabelIsTheNextInput() throws Exception {
    Dataset data = Austen.load();
    for (Examples examples : new Examples[] {data.train(), data.test()}) {
      float[] inputs = examples.inputs(0, examples.size());
      for (int i = 0; i + 1 < inputs.length; i++) {
        assertThat(examples.label(i / 64, i % 64)).isEqualTo((int) inputs[i + 1]);
      }
    }
  }

  @Test
  void theNovelIsThere() throws Exception {
    Dataset data = Austen.load();

    assertThat(data.name()).isEqualTo("austen");
    assertThat(data.train().classes()).isEqualTo(75);
    assertThat(data.train().size()).isEqualTo(9_629);
    assertThat(data.test().size()).isEqualTo(1_069);
    assertThat(text(data.train(), Austen.vocabulary(), 3))
        .startsWith("PRIDE AND PREJUDICE\n\nBy Jane Austen\n")
        .contains("It is a truth universally acknowledged");
    assertThat(data.sha256()).matches("[0-9a-f]{64}");
  }

  @Test
  void charactersBeyondSixteenBitsAreOne() throws Exception {
    CharacterText read = CharacterText.of("t", utf8("a😀".repeat(400)));
    assertThat(read.vocabulary()).isEqualTo("a😀");
    assertThat(read.dataset("t", "").train().inputs(0, 1)).contains(0f, 1f).hasSize(64);
  }

  @Test
  void whatIsNoTextIsRefusedInOneLine() {
    byte[] latin = utf8("caf?".repeat(300));
    latin[3] = (byte) 0xe9;
    assertThatThrownBy(() -> CharacterText.of("book.txt", latin))
        .isInstanceOf(DataFormatException.class)
        .hasMessage("book.txt: expected a text in UTF-8, found other bytes at character 3");
    assertThatThrownBy(() -> CharacterText.of("book.txt", new byte[1000]))
        .hasMessage("book.txt: expected a text in UTF-8, found other bytes at character 0");
    assertThatThrownBy(() -> CharacterText.of("book.txt", utf8("ab".repeat(324))))
        .hasMessage("book.txt: expected at least 650 characters, found 648");
    assertThatThrownBy(() -> CharacterText.of("book.txt", utf8("a".repeat(700))))
        .hasMessage("book.txt: expected 2 to 1000 different characters, found 1");
  }
}
