package io.rankfall.train;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;

/**
 * What a training step does with the mini-batch gradient G, clipped to {@code clipNorm}. The
 * formulas stand at {@link Method}; docs/decisions/optimizers.md says how they were checked. The
 * paper (arXiv 2206.05794) writes its regulariser λ‖W‖²: λ = wd/2.
 *
 * @param learningRate μ before the schedule, &gt; 0
 * @param weightDecay wd, ≥ 0, with μ·wd &lt; 1
 * @param momentum m, 0 to below 1: above 0 with {@link Method#NESTEROV}, and 0 with {@link
 *     Method#ADAMW} and {@link Method#MUON}, which bring their own
 * @param decayOn which parameters decay: of the others wd is 0
 * @param clipNorm where the norm of all parameters' gradients together, c = ‖G‖, is above it, G is
 *     multiplied by clipNorm/(c + 1e-6), as by PyTorch's {@code clip_grad_norm_}; 0 for no clipping
 */
public record Optimizer(
    double learningRate,
    double weightDecay,
    double momentum,
    Schedule schedule,
    Method method,
    DecayOn decayOn,
    double clipNorm) {

  /** The update of a parameter W. */
  public enum Method {
    /**
     * As PyTorch's {@code SGD}:
     *
     * <pre>
     *   v ← m·v + (G + wd·W)
     *   W ← W − μ·v
     * </pre>
     *
     * which without momentum is W ← (1 − μ·wd)·W − μ·G.
     */
    SGD,
    /**
     * As PyTorch's {@code SGD(nesterov=True)}:
     *
     * <pre>
     *   v ← m·v + (G + wd·W)
     *   W ← W − μ·(G + wd·W + m·v)
     * </pre>
     */
    NESTEROV,
    /** As PyTorch's {@code AdamW}, at its usual constants: {@link AdamWUpdate}. */
    ADAMW,
    /**
     * Keller Jordan's Muon for all matrices but the last, AdamW for the rest: {@link MuonUpdate}.
     */
    MUON
  }

  /** Which parameters decay. */
  public enum DecayOn {
    /** All that are trained, biases, γ and β included: PyTorch's default. */
    ALL,
    /** Weight matrices and kernels of convolutions: what has two dimensions or more. */
    MATRICES
  }

  public Optimizer {
    requireNonNull(schedule, "schedule");
    requireNonNull(method, "method");
    requireNonNull(decayOn, "decayOn");
    if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("learning rate: expected > 0, found " + learningRate);
    }
    if (!(weightDecay >= 0)) {
      throw new IllegalArgumentException("weight decay: expected >= 0, found " + weightDecay);
    }
    if (!(learningRate * weightDecay < 1)) {
      throw new IllegalArgumentException(
          "weight decay: expected learningRate*weightDecay < 1, as a step keeps the share"
              + " 1 - learningRate*weightDecay of the weights, found %s*%s"
                  .formatted(learningRate, weightDecay));
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("momentum: expected 0 to below 1, found " + momentum);
    }
    if (method == Method.NESTEROV && momentum == 0) {
      throw new IllegalArgumentException("momentum: expected above 0 with NESTEROV, found 0");
    }
    if ((method == Method.ADAMW || method == Method.MUON) && momentum != 0) {
      throw new IllegalArgumentException(
          "momentum: expected 0 with %s, which has its own, found %s".formatted(method, momentum));
    }
    if (!(clipNorm >= 0 && clipNorm < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("clip norm: expected >= 0, 0 for none, found " + clipNorm);
    }
  }

  /** SGD with decay on all parameters and without clipping. */
  public Optimizer(double learningRate, double weightDecay, double momentum, Schedule schedule) {
    this(learningRate, weightDecay, momentum, schedule, Method.SGD, DecayOn.ALL, 0);
  }

  /** The same with another schedule. */
  public Optimizer withSchedule(Schedule other) {
    return new Optimizer(learningRate, weightDecay, momentum, other, method, decayOn, clipNorm);
  }

  /** The same with another wd. */
  public Optimizer withWeightDecay(double other) {
    return new Optimizer(learningRate, other, momentum, schedule, method, decayOn, clipNorm);
  }

  /** The paper's λ = wd/2. */
  public double lambda() {
    return weightDecay / 2;
  }

  /** What differs from SGD with decay on all parameters and without clipping, for people. */
  List<String> distinctions() {
    List<String> found = new ArrayList<>();
    if (method != Method.SGD) {
      found.add(method.name());
    }
    if (decayOn != DecayOn.ALL) {
      found.add("decay on " + decayOn);
    }
    if (clipNorm > 0) {
      found.add("clip norm " + clipNorm);
    }
    return found;
  }

  /** μ in all steps of the given epoch, counted from 1. */
  public double learningRate(int epoch) {
    return learningRate * schedule.factor(epoch);
  }

  /** wd of biases, γ and β. */
  double weightDecayOfVectors() {
    return decayOn == DecayOn.ALL ? weightDecay : 0;
  }
}
