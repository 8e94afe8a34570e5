package io.rankfall.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A weight matrix's shape, outputs × inputs, as {@code 512x784}. */
record LayerShape(int outputs, int inputs) {
  private static final Pattern TEXT = Pattern.compile("([1-9]\\d{0,8})[x×]([1-9]\\d{0,8})");

  /**
   * @throws TypeConversionException that says what was expected and found
   */
  static LayerShape parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "expected OUTxIN such as 512x784, found '%s'".formatted(text));
    }
    return new LayerShape(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /** The largest rank that such a matrix can have. */
  int fullRank() {
    return Math.min(outputs, inputs);
  }

  @Override
  public String toString() {
    return outputs + "×" + inputs;
  }
}
