package io.rankfall.study.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.compress.CompressionReport;
import io.rankfall.compress.CompressionReport.LayerCost;
import io.rankfall.compress.CompressionReport.Score;
import io.rankfall.compress.CompressionReport.Trial;
import io.rankfall.compress.InputSpan;
import io.rankfall.compress.LatencyComparison;
import io.rankfall.compress.RankPlan;
import io.rankfall.compress.SkippedWeight;
import io.rankfall.study.Machine;
import io.rankfall.study.Versions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A {@link CompressionReport} as JSON, for machines and for the page: field names are those of the
 * JSON, what is not known is null.
 *
 * @param version of this format
 */
public record CompressionDocument(
    int version,
    String rankfall,
    String model,
    String goal,
    boolean met,
    Totals dense,
    Totals compressed,
    List<Layer> layers,
    List<SkippedWeight> leftAlone,
    List<Latency> latencies,
    List<Data> data,
    List<Trial> search,
    List<String> notes,
    Machine machine) {
  private static final int VERSION = 1;

  /** A whole model; MACs are those of one example. */
  public record Totals(long parameters, long bytes, @Nullable Long macs) {}

  /**
   * A layer.
   *
   * @param keptRows outputs that stay; fewer than {@code rows} where hidden units were taken out
   * @param keptCols inputs that stay
   * @param decision {@code dense}, {@code channel}, {@code spatial} or {@code Tucker}
   * @param ranks inner dimensions in the order of the chain, null where the layer stays dense
   * @param reason why, empty where there was nothing to choose
   * @param lossShare loss(r)/loss(0) by the objective
   * @param inputsSeen examples, tokens or patches that calibration showed the layer
   * @param inputRank directions they span, of {@code cols}
   * @param inputCondition of their second moment over these
   */
  public record Layer(
      String name,
      int rows,
      int cols,
      int keptRows,
      int keptCols,
      String decision,
      @Nullable String ranks,
      String reason,
      double lossShare,
      long denseParameters,
      long parameters,
      @Nullable Long denseMacs,
      @Nullable Long macs,
      @Nullable Long inputsSeen,
      @Nullable Integer inputRank,
      @Nullable Double inputCondition) {}

  /** Medians of alternating runs on one thread, in microseconds for a whole batch. */
  public record Latency(int batch, int rounds, double denseMicros, double micros, double speedup) {}

  /**
   * Both models on the same examples.
   *
   * @param role {@code searched}, {@code measured} or {@code unseen}
   * @param change ‖Ŷ − Y‖_F/‖Y‖_F
   * @param agreement share of rows with the same largest entry
   */
  public record Data(
      String data,
      String role,
      int examples,
      double change,
      double cosine,
      double agreement,
      @Nullable String metric,
      @Nullable Double denseScore,
      @Nullable Double score) {}

  /** Of this report, on this machine. */
  public static CompressionDocument of(CompressionReport report) {
    return new CompressionDocument(
        VERSION,
        Versions.ofBuild().rankfall(),
        report.model(),
        report.goal(),
        report.met(),
        totals(report.dense()),
        totals(report.compressed()),
        layers(report),
        report.skipped(),
        report.latencies().stream().map(CompressionDocument::latency).toList(),
        report.onData().stream().map(CompressionDocument::data).toList(),
        report.search(),
        report.notes(),
        Machine.current());
  }

  /** Indented JSON. */
  public String json() throws JsonProcessingException {
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(this);
  }

  private static Totals totals(CompressionReport.Totals totals) {
    OptionalLong macs = totals.macs();
    return new Totals(
        totals.parameters(), totals.bytes(), macs.isPresent() ? macs.getAsLong() : null);
  }

  private static List<Layer> layers(CompressionReport report) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < report.plan().layers().size(); i++) {
      RankPlan.Layer layer = report.plan().layers().get(i);
      LayerCost cost = report.layers().isEmpty() ? null : report.layers().get(i);
      RankPlan.Factored factored = layer.choice() instanceof RankPlan.Factored f ? f : null;
      InputSpan span = report.inputs().isEmpty() ? null : report.inputs().get(i).orElse(null);
      layers.add(
          new Layer(
              layer.name(),
              layer.rows(),
              layer.cols(),
              layer.keptRows(),
              layer.keptCols(),
              layer.choice().kind(),
              factored == null ? null : factored.how().ranks(),
              layer.choice().reason(),
              layer.lossShare(),
              (long) layer.rows() * layer.cols(),
              layer.parameters(),
              cost == null ? null : cost.dense(),
              cost == null ? null : cost.compressed(),
              span == null ? null : span.seen(),
              span == null ? null : span.rank(),
              span == null ? null : span.condition()));
    }
    return layers;
  }

  private static Latency latency(LatencyComparison latency) {
    return new Latency(
        latency.batch(),
        latency.rounds(),
        latency.denseNanos() * 1e-3,
        latency.candidateNanos() * 1e-3,
        latency.speedup());
  }

  private static Data data(CompressionReport.OnData onData) {
    Score score = onData.score().orElse(null);
    return new Data(
        onData.data(),
        onData.role().name().toLowerCase(Locale.ROOT),
        onData.examples(),
        onData.change().relative(),
        onData.change().cosine(),
        onData.change().agreement(),
        score == null ? null : score.metric(),
        score == null ? null : score.dense(),
        score == null ? null : score.compressed());
  }
}
