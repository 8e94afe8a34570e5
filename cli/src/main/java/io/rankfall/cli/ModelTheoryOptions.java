package io.rankfall.cli;

import io.rankfall.compress.StoredMatrix;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What {@code theory} has to know of the training of a model file, besides a run's settings. */
final class ModelTheoryOptions {
  @Option(
      names = "--spec",
      paramLabel = "FILE",
      description =
          "Of a model file: the run.json of its training, or its folder, in place of "
              + "--batch-size, --lr, --weight-decay and --steps.")
  private @Nullable Path spec;

  @Option(
      names = "--steps",
      paramLabel = "T",
      description =
          "Of a model file: steps of its training at the one rate --lr; of a schedule, give "
              + "--epochs and --examples.")
  private long steps;

  @Option(
      names = "--positions",
      paramLabel = "[GLOB=]R",
      converter = PositionsReader.class,
      description =
          "Of a model file: how often an example uses the matrices of such names, R: output positions of a "
              + "convolution, tokens of attention. May be repeated; without GLOB, of all other matrices. "
              + "1 for linear layers otherwise.")
  private List<Positions> positions = List.of();

  /**
   * How often an example uses some matrices.
   *
   * @param names null for all that no other names
   */
  record Positions(@Nullable Glob names, int count) {
    boolean isOf(StoredMatrix matrix) {
      return names != null && (names.test(matrix.name()) || names.test(matrix.tensor()));
    }
  }

  @Nullable Path spec() {
    return spec;
  }

  long steps() {
    return steps;
  }

  List<Positions> positions() {
    return positions;
  }

  boolean isGiven() {
    return spec != null || steps != 0 || !positions.isEmpty();
  }

  /** Reads {@code conv*=784} and {@code 784}. */
  static final class PositionsReader implements ITypeConverter<Positions> {
    @Override
    public Positions convert(String text) {
      int sign = text.lastIndexOf('=');
      try {
        int count = Integer.parseInt(text.substring(sign + 1));
        if (sign != 0 && count > 0) {
          return new Positions(sign < 0 ? null : new Glob(text.substring(0, sign)), count);
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new TypeConversionException(
          "expected R or GLOB=R with R >= 1, as conv1=576, found '%s'".formatted(text));
    }
  }
}
