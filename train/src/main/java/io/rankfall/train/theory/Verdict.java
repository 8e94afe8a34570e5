package io.rankfall.train.theory;

/** What a measurement says about the theorem. */
public enum Verdict {
  /** The premise is true, the bound says something, and the measured rank keeps to it. */
  HOLDS,
  /** Any matrix of this shape keeps to the bound. */
  VACUOUS,
  /** The premise is not true yet: too few steps, or the norm has fallen too much within them. */
  NOT_YET,
  /** The premise is true and the measured rank is above the bound: impossible. */
  VIOLATED
}
