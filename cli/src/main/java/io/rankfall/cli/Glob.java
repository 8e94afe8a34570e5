package io.rankfall.cli;

import java.util.Arrays;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names by a pattern in which {@code *} stands for any text and {@code ?} for one character. */
record Glob(String text) implements Predicate<String> {
  @Override
  public boolean test(String name) {
    String regex =
        Arrays.stream(text.split("(?<=[*?])|(?=[*?])"))
            .map(
                part ->
                    switch (part) {
                      case "*" -> ".*";
                      case "?" -> ".";
                      default -> Pattern.quote(part);
                    })
            .collect(Collectors.joining());
    return Pattern.compile(regex, Pattern.DOTALL).matcher(name).matches();
  }
}
