package io.rankfall.train.theory;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.rankfall.train.RunSpec;
import java.util.List;

/**
 * The ranks of single updates of a training whose weights are no sum of fading gradients.
 *
 * @param why no bound is derived for its optimizer
 * @param outcome as in {@link TheoryReport}
 */
public record UpdateReport(
    int formatVersion,
    RunSpec spec,
    String why,
    String outcome,
    TestAccuracy accuracy,
    List<Layer> layers) {
  public static final int FORMAT_VERSION = 1;

  /**
   * One layer.
   *
   * @param rows d_out
   * @param cols d_in
   * @param positions R
   * @param updates of sampled steps, in their order
   */
  public record Layer(String name, int rows, int cols, int positions, List<UpdateRank> updates) {
    public Layer {
      updates = List.copyOf(updates);
    }
  }

  public UpdateReport {
    layers = List.copyOf(layers);
  }

  /** Whether every gradient kept to min(d_out, d_in, B·R), which must hold for any optimizer. */
  @JsonProperty
  public boolean holds() {
    return layers.stream()
        .flatMap(layer -> layer.updates.stream())
        .allMatch(update -> update.gradient().holds());
  }

  /** This as JSON. */
  public String json() {
    return TheoryJson.write(this);
  }
}
