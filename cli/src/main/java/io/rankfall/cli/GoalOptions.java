package io.rankfall.cli;

import io.rankfall.compress.Goal;
import io.rankfall.compress.RankPolicy;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What {@code compress} is to reach: exactly one of these. */
final class GoalOptions {
  static final String NAMES =
      "--params, --macs, --size, --latency, --max-drop, --max-change, --energy, --epsilon, --rank";

  @Option(
      names = "--params",
      paramLabel = "SHARE",
      description =
          "At most this share of the model's parameters, divided over the layers to lose least in sum.")
  private @Nullable Double params;

  @Option(
      names = "--macs",
      paramLabel = "SHARE",
      description =
          "At most this share of the multiply-accumulates of one example, divided in the same way.")
  private @Nullable Double macs;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      converter = Bytes.class,
      description = "A file no larger than this: 500kB, 20MB, 1.5GB, or KiB, MiB, GiB.")
  private @Nullable Long size;

  @Option(
      names = "--latency",
      paramLabel = "SHARE",
      description =
          "At most this share of the time for one batch (--batch), measured on this machine: ranks are divided by "
              + "the times of each layer, and no layer is replaced by a slower one.")
  private @Nullable Double latency;

  @Option(
      names = "--max-drop",
      paramLabel = "POINTS",
      description =
          "The smallest model that loses at most so many points (100 are the whole scale) of the --metric on "
              + "--data, found by bisection, each candidate being made and measured.")
  private @Nullable Double maxDrop;

  @Option(
      names = "--max-change",
      paramLabel = "DISTANCE",
      description =
          "The same for data without labels: the smallest model whose outputs on --data change by at most "
              + "‖Ŷ-Y‖/‖Y‖ = DISTANCE.")
  private @Nullable Double maxChange;

  @Option(
      names = "--energy",
      paramLabel = "SHARE",
      description =
          "In each layer the smallest rank that keeps this share, of Σσ² or of the outputs' variance.")
  private @Nullable Double energy;

  @Option(
      names = "--epsilon",
      paramLabel = "E",
      description = "In each layer the smallest rank with ‖W-W_r‖ <= E·‖W‖: --energy 1-E².")
  private @Nullable Double epsilon;

  @Option(
      names = "--rank",
      paramLabel = "R",
      description =
          "This rank in each layer; in a convolution, what loses least with no more parameters than channel rank R.")
  private @Nullable Integer rank;

  Goal chosen() {
    if (params != null) {
      return new RankPolicy.ParameterBudget(params);
    }
    if (macs != null) {
      return new Goal.Macs(macs);
    }
    if (size != null) {
      return new Goal.FileSize(size);
    }
    if (latency != null) {
      return new Goal.Latency(latency);
    }
    if (maxDrop != null) {
      return new Goal.MaxDrop(maxDrop);
    }
    if (maxChange != null) {
      return new Goal.MaxChange(maxChange);
    }
    if (energy != null) {
      return new RankPolicy.Energy(energy);
    }
    if (epsilon != null) {
      return new RankPolicy.Epsilon(epsilon);
    }
    return new RankPolicy.Uniform(Objects.requireNonNull(rank));
  }

  /** Sizes such as {@code 20MB} and {@code 20 MiB}. */
  static final class Bytes implements ITypeConverter<Long> {
    private static final Pattern SIZE =
        Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kmg]?)(i?)b?", Pattern.CASE_INSENSITIVE);

    @Override
    public Long convert(String text) {
      Matcher matcher = SIZE.matcher(text.strip());
      if (!matcher.matches() || (matcher.group(2).isEmpty() && !matcher.group(3).isEmpty())) {
        throw new TypeConversionException(
            "expected a size such as 500kB, 20MB or 1.5GiB, found '%s'".formatted(text));
      }
      int power = "kmg".indexOf(matcher.group(2).toLowerCase(Locale.ROOT)) + 1;
      double unit =
          Math.pow(
              matcher.group(3).isEmpty() ? 1000 : 1024, matcher.group(2).isEmpty() ? 0 : power);
      return (long) Math.floor(Double.parseDouble(matcher.group(1)) * unit);
    }
  }
}
