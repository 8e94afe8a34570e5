package io.rankfall.study.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankfall.compress.AtomicFile;
import io.rankfall.compress.InspectedMatrix;
import io.rankfall.compress.InspectedProduct;
import io.rankfall.compress.Inspection;
import io.rankfall.compress.SkippedWeight;
import io.rankfall.spectra.MarchenkoPastur;
import io.rankfall.spectra.PowerLaw;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import io.rankfall.study.Versions;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** An {@link Inspection} as one HTML file: the spectra of every layer, and a table to sort. */
public final class InspectionReport {
  private static final List<String> SCRIPTS =
      List.of("page-format.js", "page-theme.js", "page-chart.js", "page-frame.js", "inspection.js");

  /** More points of a spectrum than this no chart shows. */
  private static final int MOST_POINTS = 240;

  private static final MathContext DIGITS = new MathContext(4);

  private InspectionReport() {}

  /** What the page draws; field names are those of the JSON in it. */
  record Page(
      String model,
      String version,
      long parameters,
      long saved,
      List<Layer> layers,
      List<Product> products,
      List<SkippedWeight> skipped,
      List<SkippedWeight> nonFinite) {}

  /**
   * A matrix, largest saving first.
   *
   * @param saved parameters that factors at 99 % of Σσ² save
   * @param edge of the Marchenko–Pastur law over ‖W‖_F
   * @param indices of the points, from 1
   * @param sigma σ/‖W‖_F at the points
   * @param random the same of a random matrix
   */
  record Layer(
      String name,
      String kind,
      String tensor,
      int rows,
      int cols,
      double share,
      long saved,
      int rank3,
      int rank2,
      int energy99,
      int random99,
      double stable,
      double effective,
      @Nullable Double alpha,
      @Nullable Double distance,
      double edge,
      int spikes,
      int breakEven,
      List<Integer> indices,
      List<BigDecimal> sigma,
      List<BigDecimal> random) {}

  /**
   * A product of attention.
   *
   * @param heads σ/σ₁ of each
   */
  record Product(
      String name,
      String product,
      int rows,
      int cols,
      boolean together,
      List<Integer> indices,
      List<List<BigDecimal>> heads,
      List<Integer> energy99) {}

  /**
   * Writes the page, whole or not at all.
   *
   * @param model what the page calls it
   */
  public static void write(String model, Inspection inspection, Path path) throws IOException {
    byte[] html = render(model, inspection).getBytes(UTF_8);
    AtomicFile.write(path, out -> out.write(html));
  }

  /** The whole HTML document. */
  public static String render(String model, Inspection inspection) {
    Page page =
        new Page(
            model,
            Versions.ofBuild().rankfall(),
            inspection.parameters(),
            inspection.matrices().stream().mapToLong(InspectedMatrix::saved).sum(),
            inspection.matrices().stream()
                .sorted(Comparator.comparingLong(InspectedMatrix::saved).reversed())
                .map(InspectionReport::layer)
                .toList(),
            inspection.products().stream().map(InspectionReport::product).toList(),
            inspection.skipped(),
            inspection.nonFinite());
    return HtmlPage.render(
        "Rankfall: " + model, List.of(HtmlPage.Library.ECHARTS_COMMON), SCRIPTS, page);
  }

  private static Layer layer(InspectedMatrix m) {
    Spectrum s = m.spectrum();
    Spectrum random = m.randomReference();
    List<Integer> indices = indices(s.size());
    return new Layer(
        m.name(),
        m.kind().label(),
        m.tensor(),
        m.rows(),
        m.cols(),
        m.share(),
        m.saved(),
        s.rank(RankRule.FROBENIUS_THOUSANDTH),
        s.rank(RankRule.FROBENIUS_HUNDREDTH),
        s.energyRank(InspectedMatrix.ENERGY),
        random.energyRank(InspectedMatrix.ENERGY),
        s.stableRank(),
        s.effectiveRank(),
        m.powerLaw().map(PowerLaw::alpha).orElse(null),
        m.powerLaw().map(PowerLaw::distance).orElse(null),
        1 / Math.sqrt(m.rows()) + 1 / Math.sqrt(m.cols()),
        MarchenkoPastur.spikes(s),
        m.breakEvenRank(),
        indices,
        points(s, s.frobeniusNorm(), indices),
        points(random, random.frobeniusNorm(), indices));
  }

  private static Product product(InspectedProduct p) {
    List<Integer> indices = indices(p.heads().get(0).size());
    return new Product(
        p.name(),
        p.kind().label(),
        p.rows(),
        p.cols(),
        p.together(),
        indices,
        p.heads().stream().map(head -> points(head, head.spectralNorm(), indices)).toList(),
        p.heads().stream().map(head -> head.energyRank(InspectedMatrix.ENERGY)).toList());
  }

  /** From 1 to {@code size}, all or evenly thinned out, both ends kept. */
  private static List<Integer> indices(int size) {
    int points = Math.min(size, MOST_POINTS);
    return IntStream.range(0, points)
        .mapToObj(i -> points == 1 ? 1 : 1 + (int) Math.round(i * (size - 1.0) / (points - 1)))
        .toList();
  }

  private static List<BigDecimal> points(Spectrum s, double norm, List<Integer> indices) {
    return indices.stream()
        .map(i -> new BigDecimal(norm == 0 ? 0 : s.sigma(i - 1) / norm, DIGITS))
        .toList();
  }
}
