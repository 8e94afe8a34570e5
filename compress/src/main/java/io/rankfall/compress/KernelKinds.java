package io.rankfall.compress;

import io.rankfall.compress.Decomposition.Spatial;
import io.rankfall.compress.Decomposition.Tucker;
import io.rankfall.spectra.Matrix;
import io.rankfall.spectra.Truncation;
import io.rankfall.spectra.Tucker2;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The decompositions of a kernel beside the channel one. */
interface KernelKinds {

  /**
   * One of them.
   *
   * @param numbers in its weights, fewer than in the kernel
   * @param loss in the unit of the channel decomposition's
   */
  record Candidate(Decomposition how, long numbers, double loss) {}

  /** Those that are smaller than the kernel, kind by kind. */
  List<List<Candidate>> candidates();

  /** The weights of a candidate; empty if it is none. */
  Optional<Factors> at(Decomposition how);

  /** C_in·r_in + r_in·r_out·k₁·k₂… + C_out·r_out. */
  static long numbers(Convolution layer, Tucker how) {
    return (long) layer.inputs() * how.inputRank()
        + (long) how.inputRank() * how.outputRank() * layer.positions()
        + (long) layer.outputs() * how.outputRank();
  }

  /** r·(C_in·k₁ + C_out·k₂). */
  static long numbers(Convolution layer, Spatial how) {
    return how.rank()
        * ((long) layer.inputs() * layer.kernel().get(0)
            + (long) layer.outputs() * layer.kernel().get(1));
  }

  /** Those of the least ‖K − K̂‖_F² (Tucker: nearly, see {@link Tucker2}). */
  static KernelKinds plain(Convolution layer) {
    return new Plain(
        layer,
        layer.isSeparable() ? Optional.of(Truncation.of(layer.spatial())) : Optional.empty(),
        Tucker2.of(layer.weight().matrix(), layer.inputs()));
  }

  /** Fitted to nothing but the kernel. */
  record Plain(Convolution layer, Optional<Truncation> spatial, Tucker2 tucker)
      implements KernelKinds {
    @Override
    public List<List<Candidate>> candidates() {
      List<List<Candidate>> kinds = new ArrayList<>();
      spatial.ifPresent(s -> kinds.add(spatials(s)));
      kinds.add(tuckers());
      return kinds;
    }

    private List<Candidate> spatials(Truncation truncation) {
      Matrix w = truncation.matrix();
      List<Candidate> found = new ArrayList<>();
      for (int r = 1; r <= w.fullRank(); r++) {
        Spatial how = new Spatial(r);
        long numbers = KernelKinds.numbers(layer, how);
        if (numbers < w.size()) {
          found.add(new Candidate(how, numbers, truncation.loss(r)));
        }
      }
      return found;
    }

    private List<Candidate> tuckers() {
      List<Candidate> found = new ArrayList<>();
      for (int out = 1; out <= tucker.outputs(); out++) {
        for (int in = 1; in <= tucker.inputs(); in++) {
          Tucker how = new Tucker(in, out);
          long numbers = KernelKinds.numbers(layer, how);
          if (numbers < layer.weight().matrix().size()) {
            found.add(new Candidate(how, numbers, tucker.loss(out, in)));
          }
        }
      }
      return found;
    }

    @Override
    public Optional<Factors> at(Decomposition how) {
      if (how instanceof Spatial s) {
        return spatial.map(truncation -> Factors.spatial(truncation.at(s.rank())));
      }
      return how instanceof Tucker t
          ? Optional.of(Factors.tucker(tucker.at(t.outputRank(), t.inputRank())))
          : Optional.empty();
    }
  }
}
