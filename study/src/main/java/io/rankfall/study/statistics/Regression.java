package io.rankfall.study.statistics;

import java.util.List;

/**
 * Natural logarithm of the mean rank on natural logarithms of the settings, by least squares. Where
 * a study has several networks or schedules, each has an intercept of its own.
 *
 * @param predictors in words
 * @param runs with weight decay and rank above 0
 * @param settings that differ in more than the seed: the clusters of the standard errors
 * @param intercepts one for each set of other settings
 * @param degreesOfFreedom settings − slopes − intercepts
 * @param rSquared share of the variance of log rank around the intercepts' means
 */
public record Regression(
    String predictors,
    int runs,
    int settings,
    int intercepts,
    int degreesOfFreedom,
    double rSquared,
    List<Coefficient> coefficients) {
  public Regression {
    coefficients = List.copyOf(coefficients);
  }
}
