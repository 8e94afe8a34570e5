package io.rankfall.study.sweep;

import java.util.List;
import java.util.SplittableRandom;

/** Where the values of a setting come from. */
sealed interface Choice {
  /** The line of the specification, for messages. */
  String where();

  /** The values of a grid. */
  List<String> values() throws SweepFormatException;

  /** One value, drawn at random. */
  String draw(SplittableRandom random);

  /** Values that are listed, all as likely. */
  record Listed(String where, List<String> values) implements Choice {
    public Listed {
      values = List.copyOf(values);
    }

    @Override
    public String draw(SplittableRandom random) {
      return values.get(random.nextInt(values.size()));
    }
  }

  /** How a range is divided. */
  enum Scale {
    LINEAR,
    LOG
  }

  /** All values from min to max: of numbers four digits are drawn. */
  record Range(String where, Setting setting, double min, double max, Scale scale)
      implements Choice {
    @Override
    public List<String> values() throws SweepFormatException {
      throw new SweepFormatException(
          where, setting.key() + ": expected values in a grid, found min and max");
    }

    @Override
    public String draw(SplittableRandom random) {
      double u = random.nextDouble();
      double value =
          scale == Scale.LOG
              ? Math.exp(Math.log(min) + u * (Math.log(max) - Math.log(min)))
              : min + u * (max - min);
      // Rounding must not leave the range.
      double kept = Math.min(max, Math.max(min, Double.parseDouble("%.3e".formatted(value))));
      return setting.kind() == Setting.Kind.WHOLE
          ? Long.toString(Math.round(value))
          : Double.toString(kept);
    }
  }
}
