package io.rankfall.study.statistics;

/**
 * The correlations of two quantities over settings, each the mean of its seeds, which are no
 * independent evidence.
 *
 * @param settings how many
 * @param heldFixed degrees of freedom that the settings held fixed take; 0 if none are
 * @param holm Spearman's p after Holm's correction for all tests reported with it
 */
public record Association(
    int settings, int heldFixed, Correlation spearman, Correlation pearson, double holm) {

  Association adjusted(double corrected) {
    return new Association(settings, heldFixed, spearman, pearson, corrected);
  }
}
