package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the table of wishes names as proof is there. */
class WishesTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

  @Test
  void everyWishNamesTestsThatExist() throws IOException {
    List<String> wishes =
        Files.readAllLines(ROOT.resolve("docs/decisions/wishes.md")).stream()
            .filter(line -> line.startsWith("| ") && line.contains("`"))
            .toList();
    assertThat(wishes).hasSize(9);
    for (String wish : wishes) {
      List<MatchResult> tests = NAMED.matcher(wish).results().toList();
      assertThat(tests).as(wish).isNotEmpty();
      for (MatchResult test : tests) {
        assertThat(Files.readString(source(test.group(1))))
            .as(test.group())
            .contains(" " + test.group(2) + "(");
      }
    }
  }

  private static Path source(String test) throws IOException {
    try (Stream<Path> files =
        Files.find(
            ROOT,
            12,
            (file, attributes) ->
                file.endsWith(test + ".java") && file.toString().contains("/src/test/"))) {
      return files.findFirst().orElseThrow(() -> new AssertionError(test + ": no such test"));
    }
  }
}
