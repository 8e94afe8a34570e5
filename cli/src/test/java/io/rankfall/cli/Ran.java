package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What a command printed and returned. */
record Ran(int exitCode, String out, String err) {

  /** A command line in this process. */
  static Ran run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode = Main.run(new Console(new PrintWriter(out), new PrintWriter(err), false), args);
    return new Ran(exitCode, out.toString(), err.toString());
  }

  /** It failed with one line that says so. */
  void assertOneLine(String message) {
    assertThat(err.lines().filter(line -> !line.isBlank())).hasSize(1);
    assertThat(err).startsWith("rankfall: ").contains(message);
  }
}
