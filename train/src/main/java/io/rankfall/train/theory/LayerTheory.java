package io.rankfall.train.theory;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What was found of one layer.
 *
 * @param rows d_out
 * @param cols d_in
 * @param positions R
 * @param gradients sampled ranks of the gradient
 * @param identity at some steps
 * @param witness V_n for growing n, at the last step
 * @param epochs bounds against measured ε-ranks
 * @param movements how much the layer moved
 */
public record LayerTheory(
    String name,
    int rows,
    int cols,
    int positions,
    List<GradientRank> gradients,
    List<IdentityCheck> identity,
    List<WitnessPoint> witness,
    List<EpochBounds> epochs,
    List<Movement> movements) {
  public LayerTheory {
    gradients = List.copyOf(gradients);
    identity = List.copyOf(identity);
    witness = List.copyOf(witness);
    epochs = List.copyOf(epochs);
    movements = List.copyOf(movements);
  }

  /** Whether nothing that must hold was found not to. */
  @JsonProperty
  public boolean holds() {
    return gradients.stream().allMatch(GradientRank::holds)
        && identity.stream().allMatch(IdentityCheck::holds)
        && witness.stream().allMatch(WitnessPoint::holds)
        && movements.stream().allMatch(Movement::holds)
        && epochs.stream()
            .flatMap(epoch -> epoch.checks().stream())
            .flatMap(check -> Stream.of(check.apriori(), check.shortest()))
            .filter(Objects::nonNull)
            .noneMatch(check -> check.verdict() == Verdict.VIOLATED);
  }
}
