package io.rankfall.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class ConsoleTest {
  private final StringWriter err = new StringWriter();
  private final Console console =
      new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), false);

  /** Libraries shut down under the threads that still work. */
  @Test
  void afterAnInterruptionNoFailureIsReported() {
    console.interrupted();
    console.failure("the engine is gone");

    assertThat(err.toString().lines())
        .containsExactly("rankfall: interrupted; the files written so far are whole");
  }
}
