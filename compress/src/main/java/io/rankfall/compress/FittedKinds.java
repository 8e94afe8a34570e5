package io.rankfall.compress;

import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import io.rankfall.spectra.LowRank;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.NestedFit;
import io.rankfall.spectra.SymmetricMatrix;
import io.rankfall.spectra.Truncation;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Spatial and Tucker decompositions fitted to the patches x that a convolution sees. Their first
 * part is that of {@link NestedFit}; the others are the best for it: the last part of a spatial one
 * by regression, the core and the last part of a Tucker one by reduced-rank regression. Losses are
 * E[xᵀ(W − Ŵ)ᵀ·G·(W − Ŵ)x], as those of the channel decomposition.
 */
final class FittedKinds implements KernelKinds {
  /** Input ranks of Tucker decompositions, as shares of C_in; output ranks are all tried. */
  private static final List<Double> INPUT_RANKS =
      List.of(0.06, 0.1, 0.15, 0.2, 0.25, 0.33, 0.42, 0.5, 0.6, 0.7, 0.8, 0.9);

  private final Convolution layer;
  private final SymmetricMatrix inputs;
  private final SymmetricMatrix outputs;
  private final List<List<Candidate>> candidates = new ArrayList<>();

  /** Large, soon made again, and seldom wanted once the losses are known. */
  private SoftReference<NestedFit> spatial = new SoftReference<>(null);

  private SoftReference<NestedFit> tucker = new SoftReference<>(null);

  /**
   * @param inputs C, positive definite
   * @param outputs G
   */
  FittedKinds(Convolution layer, SymmetricMatrix inputs, SymmetricMatrix outputs) {
    this.layer = layer;
    this.inputs = inputs;
    this.outputs = outputs;
    if (layer.isSeparable()) {
      candidates.add(spatials());
    }
    candidates.add(tuckers());
  }

  private NestedFit fit(int places) {
    return NestedFit.of(layer.weight().matrix(), places, inputs, outputs);
  }

  private NestedFit spatial() {
    NestedFit known = spatial.get();
    if (known == null) {
      known = fit(layer.kernel().get(1));
      spatial = new SoftReference<>(known);
    }
    return known;
  }

  private NestedFit tucker() {
    NestedFit known = tucker.get();
    if (known == null) {
      known = fit(layer.positions());
      tucker = new SoftReference<>(known);
    }
    return known;
  }

  private List<Candidate> spatials() {
    NestedFit fit = spatial();
    List<Candidate> found = new ArrayList<>();
    for (int r = 1; r <= fit.ranks(); r++) {
      Spatial how = new Spatial(r);
      addSmaller(found, how, KernelKinds.numbers(layer, how), fit.loss(r));
    }
    return found;
  }

  private List<Candidate> tuckers() {
    NestedFit fit = tucker();
    TreeSet<Integer> inputRanks = new TreeSet<>();
    for (double share : INPUT_RANKS) {
      inputRanks.add((int) Math.min(fit.ranks(), Math.ceil(share * layer.inputs())));
    }
    List<Candidate> found = new ArrayList<>();
    for (int in : inputRanks) {
      Truncation rest = rest(fit, in);
      for (int out = 1; out <= rest.matrix().fullRank(); out++) {
        Tucker how = new Tucker(in, out);
        addSmaller(found, how, KernelKinds.numbers(layer, how), fit.loss(in) + rest.loss(out));
      }
    }
    return found;
  }

  private void addSmaller(List<Candidate> found, Decomposition how, long numbers, double loss) {
    if (numbers < layer.weight().matrix().size()) {
      found.add(new Candidate(how, numbers, loss));
    }
  }

  /** What reads the first part's channels, for every output rank. */
  private Truncation rest(NestedFit fit, int inputRank) {
    return Truncation.of(fit.last(inputRank), fit.moment(inputRank), outputs);
  }

  @Override
  public List<List<Candidate>> candidates() {
    return Collections.unmodifiableList(candidates);
  }

  @Override
  public synchronized Optional<Factors> at(Decomposition how) {
    if (how instanceof Spatial s && layer.isSeparable()) {
      NestedFit fit = spatial();
      return Optional.of(
          Factors.spatial(new LowRank(horizontal(fit.last(s.rank())), fit.first(s.rank()))));
    }
    if (how instanceof Tucker t) {
      NestedFit fit = tucker();
      LowRank rest = rest(fit, t.inputRank()).at(t.outputRank());
      return Optional.of(
          new Factors(t, List.of(fit.first(t.inputRank()), rest.right(), rest.left())));
    }
    return Optional.empty();
  }

  /** C_out × (r·k₂) as (C_out·k₂) × r. */
  private Matrix horizontal(Matrix last) {
    int width = layer.kernel().get(1);
    int rank = last.cols() / width;
    return Matrix.filled(
        last.rows() * width,
        rank,
        values -> {
          for (int i = 0; i < last.rows() * width; i++) {
            for (int q = 0; q < rank; q++) {
              values[i * rank + q] = last.get(i / width, q * width + i % width);
            }
          }
        });
  }
}
