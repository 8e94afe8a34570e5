package io.rankfall.train.tracking;

import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.Value;
import io.rankfall.train.EpochRecord;
import io.rankfall.train.LayerSpectrum;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A run as TensorBoard shows it: lines of loss, accuracy, learning rate and ranks, a histogram of
 * every layer's singular values, and the settings in the table of hyperparameters and as text. An
 * epoch is in the file when {@link #onEpoch} returns. The axis counts epochs.
 *
 * <p>Runs of one folder are drawn over each other, each in a subfolder of its own; a second run in
 * the same subfolder takes the place of the first.
 */
public final class TensorBoardLog implements RunTracker {
  private static final String SPECTRUM_DESCRIPTION =
      "log10(σ/‖W‖F) of all singular values; those to the right of -2 and -3 are the ranks at"
          + " 1e-2 and 1e-3";

  private final Path folder;
  private final EventFile file;
  private final Consumer<String> trouble;
  private final Clock clock;
  private int lastEpoch;
  private boolean ended;

  private TensorBoardLog(Path folder, EventFile file, Consumer<String> trouble, Clock clock) {
    this.folder = folder;
    this.file = file;
    this.trouble = trouble;
    this.clock = clock;
  }

  /**
   * Starts a file in {@code folder}, which is made if it is missing.
   *
   * @param trouble hears at most once, in one line, that the file could not be written on
   * @throws IOException if it cannot be written
   */
  public static TensorBoardLog start(Path folder, TrackedRun run, Consumer<String> trouble)
      throws IOException {
    return start(folder, run, trouble, Clock.systemUTC());
  }

  static TensorBoardLog start(Path folder, TrackedRun run, Consumer<String> trouble, Clock clock)
      throws IOException {
    double now = seconds(clock);
    EventFile file = new EventFile(folder, (long) now);
    try {
      file.append(Events.version(now));
      Map<String, Value> settings = new LinkedHashMap<>();
      run.settings().forEach((name, value) -> settings.put(name, typed(value)));
      file.append(
          Events.event(
              now,
              0,
              List.of(
                  Events.sessionStart(run.name(), now, settings),
                  Events.markdown("settings", table(run)))));
    } catch (IOException e) {
      file.close();
      throw e;
    }
    return new TensorBoardLog(folder, file, trouble, clock);
  }

  /** Numbers as numbers, so that the table of hyperparameters has scales for them. */
  private static Value typed(String value) {
    try {
      double number = Double.parseDouble(value);
      // Not what only Java reads as a number, for example 1d.
      if (Double.isFinite(number) && !Character.isLetter(value.charAt(value.length() - 1))) {
        return Value.newBuilder().setNumberValue(number).build();
      }
    } catch (NumberFormatException e) {
      // A word then.
    }
    return Value.newBuilder().setStringValue(value).build();
  }

  private static String table(TrackedRun run) {
    StringBuilder table = new StringBuilder("| setting | value |\n| --- | --- |\n");
    run.settings()
        .forEach(
            (name, value) ->
                table
                    .append("| ")
                    .append(cell(name))
                    .append(" | ")
                    .append(cell(value))
                    .append(" |\n"));
    return table.toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\R", " ");
  }

  @Override
  public synchronized void onEpoch(EpochRecord record) {
    if (ended) {
      return;
    }
    lastEpoch = record.epoch();
    List<UnknownFieldSet> values = new ArrayList<>();
    EpochScalars.of(record).forEach((tag, value) -> values.add(Events.scalar(tag, value)));
    for (LayerSpectrum layer : record.layers()) {
      values.add(
          Events.histogram(
              "spectrum/" + layer.name(),
              SPECTRUM_DESCRIPTION,
              SpectrumHistogram.of(layer.spectrum())));
    }
    append(values);
  }

  @Override
  public synchronized void end(RunEnd end) {
    if (ended) {
      return;
    }
    List<UnknownFieldSet> values = new ArrayList<>();
    int status = end instanceof RunEnd.Finished ? Events.SUCCESS : Events.FAILURE;
    values.add(Events.sessionEnd(status, seconds(clock)));
    if (end instanceof RunEnd.Diverged diverged) {
      values.add(Events.markdown("diverged", diverged.reason()));
    }
    append(values);
    finish();
  }

  private void append(List<UnknownFieldSet> values) {
    try {
      file.append(Events.event(seconds(clock), lastEpoch, values));
    } catch (IOException e) {
      // A record that is cut off would hide all after it.
      if (!ended) {
        trouble.accept(trouble(e));
      }
      finish();
    }
  }

  private void finish() {
    if (ended) {
      return;
    }
    ended = true;
    try {
      file.close();
    } catch (IOException e) {
      trouble.accept(trouble(e));
    }
  }

  private String trouble(IOException e) {
    return "TensorBoard %s: expected to write on, found %s; the training goes on without it"
        .formatted(folder, e.getMessage());
  }

  private static double seconds(Clock clock) {
    return clock.millis() / 1000.0;
  }
}
