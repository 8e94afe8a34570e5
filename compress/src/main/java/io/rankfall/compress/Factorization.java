package io.rankfall.compress;

import io.rankfall.compress.Decomposition.Channel;
import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import io.rankfall.compress.RankOptions.Option;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Truncation;
import io.rankfall.spectra.Tucker2;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * Every decomposition of one layer's weights and the squared error it leaves. Errors of a
 * convolution's decompositions are all ‖K − K̂‖_F², so that they can be compared.
 */
final class Factorization {
  private final Layer layer;
  private final Truncation channel;
  private final Optional<Truncation> spatial;
  private final Optional<Tucker2> tucker;

  /** The undominated options of each decomposition, where there are several. */
  private final List<List<Option>> kinds = new ArrayList<>();

  private final RankOptions options;

  private Factorization(
      Layer layer, Truncation channel, Optional<Truncation> spatial, Optional<Tucker2> tucker) {
    this.layer = layer;
    this.channel = channel;
    this.spatial = spatial;
    this.tucker = tucker;
    if (tucker.isPresent()) {
      kinds.add(truncations(channel, Channel::new));
      spatial.ifPresent(s -> kinds.add(truncations(s, Spatial::new)));
      kinds.add(tuckers(tucker.get()));
      List<Option> all = kinds.stream().flatMap(List::stream).toList();
      this.options = RankOptions.leastLosses(layer.rows(), layer.cols(), all);
    } else {
      this.options = RankOptions.of(channel);
    }
  }

  /** A linear layer, decomposed for whatever objective. */
  static Factorization of(LinearLayer layer, Truncation truncation) {
    return new Factorization(layer, truncation, Optional.empty(), Optional.empty());
  }

  /** A convolution; a kernel of one position makes it a linear layer. */
  static Factorization of(Convolution layer) {
    Matrix w = layer.weight().matrix();
    return new Factorization(
        layer,
        Truncation.of(w),
        layer.isSeparable() ? Optional.of(Truncation.of(layer.spatial())) : Optional.empty(),
        layer.positions() > 1 ? Optional.of(Tucker2.of(w, layer.inputs())) : Optional.empty());
  }

  private List<Option> truncations(Truncation truncation, IntFunction<Decomposition> how) {
    List<Option> found = new ArrayList<>();
    long each = (long) truncation.matrix().rows() + truncation.matrix().cols();
    for (int r = 1; r <= truncation.matrix().fullRank() && isSmaller(r * each); r++) {
      found.add(new Option(how.apply(r), r * each, relative(truncation.loss(r))));
    }
    return RankOptions.undominated(found);
  }

  private List<Option> tuckers(Tucker2 kernel) {
    List<Option> found = new ArrayList<>();
    int positions = layer.cols() / kernel.inputs();
    for (int out = 1; out <= kernel.outputs(); out++) {
      long fixed = (long) kernel.outputs() * out;
      long each = kernel.inputs() + (long) out * positions;
      for (int in = 1; in <= kernel.inputs() && isSmaller(fixed + in * each); in++) {
        found.add(
            new Option(new Tucker(in, out), fixed + in * each, relative(kernel.loss(out, in))));
      }
    }
    return RankOptions.undominated(found);
  }

  private boolean isSmaller(long cost) {
    return cost < layer.weight().matrix().size();
  }

  private double relative(double loss) {
    double all = channel.loss(0);
    return all == 0 ? 0 : loss / all;
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
    if (how instanceof Spatial s && spatial.isPresent()) {
      return Factors.spatial(spatial.get().at(s.rank()));
    }
    if (how instanceof Tucker t && tucker.isPresent()) {
      return Factors.tucker(tucker.get().at(t.outputRank(), t.inputRank()));
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
