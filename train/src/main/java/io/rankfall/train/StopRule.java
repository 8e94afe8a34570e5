package io.rankfall.train;

import io.rankfall.spectra.RankRule;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Ends a training before its last epoch. What it says follows from the records alone, so a training
 * that goes on from a checkpoint ends where the undisturbed one does.
 *
 * <p>Accuracies are {@link EpochRecord#selection}'s: of the validation examples where the data set
 * has some, of the test examples otherwise.
 */
public sealed interface StopRule {

  /**
   * Why the training ends after the last of these epochs, in a few words, or null if it goes on.
   *
   * @param epochs from epoch 0 on, at least one of them trained
   */
  @Nullable String reason(List<EpochRecord> epochs);

  /**
   * Both at the end of the same epoch: a network that is wanted.
   *
   * @param rank the highest {@link EpochRecord#meanRank}; infinite if any will do
   * @param rule how ranks are counted
   * @param accuracy the least, 0 to 1; 0 if any will do
   */
  record Goal(double rank, RankRule rule, double accuracy) implements StopRule {
    public Goal {
      if (!(rank >= 0)) {
        throw new IllegalArgumentException("goal: expected a rank >= 0, found " + rank);
      }
      if (!(accuracy >= 0 && accuracy <= 1)) {
        throw new IllegalArgumentException(
            "goal: expected an accuracy from 0 to 1, found " + accuracy);
      }
    }

    @Override
    public @Nullable String reason(List<EpochRecord> epochs) {
      EpochRecord last = epochs.get(epochs.size() - 1);
      boolean met = last.meanRank(rule) <= rank && last.selection().accuracy() >= accuracy;
      return met ? found(last) : null;
    }

    /** What is asked for and what an epoch has, for example {@code mean rank 19.5, goal 20}. */
    public String found(EpochRecord record) {
      String ranks =
          rank == Double.POSITIVE_INFINITY
              ? ""
              : text("mean rank %.1f, goal %s", record.meanRank(rule), plain(rank));
      String accuracies =
          accuracy == 0
              ? ""
              : text(
                  "%s accuracy %.4f, goal %s",
                  record.selectionName(), record.selection().accuracy(), accuracy);
      return ranks + (ranks.isEmpty() || accuracies.isEmpty() ? "" : "; ") + accuracies;
    }
  }

  /**
   * No epoch of the last {@code epochs} had a higher accuracy than the best before them.
   *
   * @param epochs at least 1
   */
  record Patience(int epochs) implements StopRule {
    public Patience {
      if (epochs < 1) {
        throw new IllegalArgumentException("patience: expected >= 1 epoch, found " + epochs);
      }
    }

    @Override
    public @Nullable String reason(List<EpochRecord> records) {
      EpochRecord best = EpochRecord.best(records);
      int since = records.size() - 1 - best.epoch();
      return since < epochs
          ? null
          : text(
              "no better %s accuracy than %.4f of epoch %d for %d epochs",
              best.selectionName(), best.selection().accuracy(), best.epoch(), since);
    }
  }

  private static String plain(double number) {
    return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
