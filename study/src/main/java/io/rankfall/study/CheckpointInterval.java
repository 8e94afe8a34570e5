package io.rankfall.study;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How often a training writes a checkpoint, beside the one at its end. */
public sealed interface CheckpointInterval {

  /**
   * Whether one is due after an epoch.
   *
   * @param seconds since the last one was written
   */
  boolean afterEpoch(int epoch, double seconds);

  /** Whether one is due between two steps. */
  boolean betweenSteps(double seconds);

  /** After every {@code count} epochs. */
  record Epochs(int count) implements CheckpointInterval {
    public Epochs {
      if (count < 1) {
        throw new IllegalArgumentException(
            "checkpoint interval: expected >= 1 epoch, found " + count);
      }
    }

    @Override
    public boolean afterEpoch(int epoch, double seconds) {
      return epoch % count == 0;
    }

    @Override
    public boolean betweenSteps(double seconds) {
      return false;
    }
  }

  /** At the first step after so many seconds. */
  record Seconds(double seconds) implements CheckpointInterval {
    public Seconds {
      if (!(seconds > 0 && seconds < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "checkpoint interval: expected > 0 seconds, found " + seconds);
      }
    }

    @Override
    public boolean afterEpoch(int epoch, double since) {
      return since >= seconds;
    }

    @Override
    public boolean betweenSteps(double since) {
      return since >= seconds;
    }
  }

  /**
   * For example {@code 2}, epochs, or {@code 30s}, {@code 10m} or {@code 1.5h}.
   *
   * @throws IllegalArgumentException in one line, if it is none of these
   */
  static CheckpointInterval parse(String text) {
    Matcher matcher = Syntax.PATTERN.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "checkpoint interval: expected epochs or a time such as 2, 30s, 10m or 1.5h, found '%s'"
              .formatted(text));
    }
    if (matcher.group("epochs") != null) {
      return new Epochs(Integer.parseInt(matcher.group("epochs")));
    }
    double number = Double.parseDouble(matcher.group("time"));
    return new Seconds(
        switch (matcher.group("unit")) {
          case "h" -> 3600 * number;
          case "m" -> 60 * number;
          default -> number;
        });
  }

  /** How an interval is written. */
  final class Syntax {
    private static final Pattern PATTERN =
        Pattern.compile("(?<epochs>\\d{1,9})|(?<time>\\d{1,9}(\\.\\d{1,9})?)(?<unit>[smh])");

    private Syntax() {}
  }
}
