package io.rankfall.compress;

import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.RankOptions.Option;
import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.SymmetricMatrix;
import io.rankfall.spectra.Truncation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Every decomposition of one layer's weights and the squared error it leaves. Errors of a
 * convolution's decompositions are all in one unit, so that they can be compared: ‖K − K̂‖_F², or
 * E[xᵀ(W − Ŵ)ᵀ·G·(W − Ŵ)x] over the patches that it sees.
 */
final class Factorization {
  /** A share of the mean eigenvalue of C: directions that no patch showed still count a little. */
  private static final double SHRINKAGE = 1e-3;

  private final Layer layer;
  private final Truncation channel;
  private final Optional<KernelKinds> others;
  private final double scale;

  /** The undominated options of each decomposition, where there are several. */
  private final List<List<Option>> kinds = new ArrayList<>();

  private final RankOptions options;

  private Factorization(
      Layer layer, Truncation channel, Optional<KernelKinds> others, double scale) {
    this.layer = layer;
    this.channel = channel;
    this.others = others;
    this.scale = scale;
    if (others.isPresent()) {
      kinds.add(channels());
      others.get().candidates().stream()
          .filter(kind -> !kind.isEmpty())
          .forEach(kind -> kinds.add(options(kind)));
      List<Option> all = kinds.stream().flatMap(List::stream).toList();
      this.options = RankOptions.leastLosses(layer.rows(), layer.cols(), all);
    } else {
      this.options = RankOptions.of(channel);
    }
  }

  /** As the objective wants it. */
  static Factorization of(Layer layer, Objective objective) {
    if (!(objective instanceof Objective.DataAware aware)) {
      return layer instanceof Convolution convolution
          ? of(convolution)
          : of((LinearLayer) layer, Truncation.of(layer.weight().matrix()));
    }
    Calibration seen = aware.calibration();
    if (layer instanceof Convolution convolution) {
      return seen.isFitted(layer)
          ? of(
              convolution,
              seen.inputs(layer).shrunk(seen.span(layer).seen()).shrunk(SHRINKAGE),
              seen.outputs(layer).orElseGet(() -> SymmetricMatrix.identity(layer.rows())))
          : of(convolution, seen.scale(layer));
    }
    LinearLayer linear = (LinearLayer) layer;
    return of(linear, seen.truncation(linear, layer.weight().matrix(), seen.inputs(layer)));
  }

  /** A linear layer, decomposed for whatever objective. */
  static Factorization of(LinearLayer layer, Truncation truncation) {
    return new Factorization(layer, truncation, Optional.empty(), 1);
  }

  /** A convolution; a kernel of one position makes it a linear layer. */
  static Factorization of(Convolution layer) {
    return of(layer, 1);
  }

  /**
   * A convolution fitted to nothing but its kernel.
   *
   * @param scale of ‖K − K̂‖_F² in the unit of the other layers' losses
   */
  private static Factorization of(Convolution layer, double scale) {
    return new Factorization(
        layer,
        Truncation.of(layer.weight().matrix()),
        layer.positions() > 1 ? Optional.of(KernelKinds.plain(layer)) : Optional.empty(),
        scale);
  }

  /**
   * A convolution fitted to its patches.
   *
   * @param inputs C, positive definite
   * @param outputs G
   */
  static Factorization of(Convolution layer, SymmetricMatrix inputs, SymmetricMatrix outputs) {
    return new Factorization(
        layer,
        Truncation.of(layer.weight().matrix(), inputs, outputs),
        layer.positions() > 1
            ? Optional.of(new FittedKinds(layer, inputs, outputs))
            : Optional.empty(),
        1);
  }

  private List<Option> channels() {
    List<Option> found = new ArrayList<>();
    long each = (long) layer.rows() + layer.cols();
    for (int r = 1; r <= LowRank.breakEvenRank(layer.rows(), layer.cols()); r++) {
      found.add(new Option(new Channel(r), r * each, relative(channel.loss(r))));
    }
    return RankOptions.undominated(found);
  }

  private List<Option> options(List<KernelKinds.Candidate> kind) {
    return RankOptions.undominated(
        kind.stream().map(c -> new Option(c.how(), c.numbers(), relative(c.loss()))).toList());
  }

  private double relative(double loss) {
    double all = channel.loss(0);
    return all == 0 ? 0 : loss / all;
  }

  /** What is lost with the whole layer, in the unit in which layers compare. */
  double all() {
    return scale * channel.loss(0);
  }

  Truncation channel() {
    return channel;
  }

  RankOptions options() {
    return options;
  }

  /** The options at other prices; of several decompositions others can be the best. */
  RankOptions options(Price price) {
    return kinds.isEmpty()
        ? options.at(price)
        : options.at(price, kinds.stream().flatMap(List::stream).toList());
  }

  /** Those that no other of the same kind beats. */
  List<List<Option>> optionsOfEachKind() {
    return kinds.isEmpty() ? List.of(options.smaller()) : List.copyOf(kinds);
  }

  Factors at(Decomposition how) {
    if (how instanceof Channel c) {
      return Factors.channel(channel.at(c.rank()));
    }
    Optional<Factors> found = others.flatMap(kernel -> kernel.at(how));
    if (found.isPresent()) {
      return found.get();
    }
    throw new IllegalArgumentException("layer %s has no %s".formatted(layer.name(), how));
  }

  /**
   * Which decomposition this is, and what the others lose at best with no more numbers. Empty where
   * there is only one kind.
   */
  String why(Decomposition how, long numbers) {
    if (kinds.isEmpty()) {
      return "";
    }
    String chosen = how.kind();
    String others =
        kinds.stream()
            .map(kind -> kind.stream().filter(o -> o.numbers() <= numbers))
            .flatMap(kind -> kind.min(Comparator.comparingDouble(Option::lossShare)).stream())
            .filter(o -> !o.how().kind().equals(chosen))
            .map(o -> "%s loses %.2f %%".formatted(o.how().kind(), 100 * o.lossShare()))
            .collect(Collectors.joining(", "));
    return others.isEmpty() ? chosen : chosen + "; for no more parameters " + others;
  }
}
