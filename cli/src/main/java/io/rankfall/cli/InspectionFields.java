package io.rankfall.cli;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.rankfall.compress.InspectedMatrix;
import io.rankfall.compress.InspectedProduct;
import io.rankfall.compress.Inspection;
import io.rankfall.spectra.MarchenkoPastur;
import io.rankfall.spectra.Norm;
import io.rankfall.spectra.PowerLaw;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An inspection as JSON and CSV for machines, in the order of the file. */
final class InspectionFields {
  private InspectionFields() {}

  static String json(Inspection inspection) throws IOException {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("parameters", inspection.parameters());
    List<Map<String, @Nullable Object>> matrices = new ArrayList<>();
    for (InspectedMatrix matrix : inspection.matrices()) {
      Map<String, @Nullable Object> fields = fields(matrix);
      fields.put("singularValues", matrix.spectrum().toArray());
      matrices.add(fields);
    }
    document.put("matrices", matrices);
    document.put("products", inspection.products().stream().map(InspectionFields::fields).toList());
    document.put("skipped", inspection.skipped());
    document.put("nonFinite", inspection.nonFinite());
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(document);
  }

  static String csv(List<InspectedMatrix> matrices) throws IOException {
    if (matrices.isEmpty()) {
      return "";
    }
    CsvSchema.Builder columns = CsvSchema.builder().setUseHeader(true);
    List<Map<String, @Nullable Object>> rows =
        matrices.stream().map(InspectionFields::fields).toList();
    rows.get(0).keySet().forEach(columns::addColumn);
    return new CsvMapper().writer(columns.build()).writeValueAsString(rows);
  }

  private static Map<String, @Nullable Object> fields(InspectedMatrix m) {
    Spectrum s = m.spectrum();
    Spectrum random = m.randomReference();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("name", m.name());
    fields.put("rows", m.rows());
    fields.put("cols", m.cols());
    fields.put("share", m.share());
    fields.put("rankFrobenius1e-3", s.rank(RankRule.FROBENIUS_THOUSANDTH));
    fields.put("rankFrobenius1e-2", s.rank(RankRule.FROBENIUS_HUNDREDTH));
    fields.put("rankSpectral1e-2", s.rank(InspectionText.SPECTRAL_HUNDREDTH));
    fields.put("rankNumerical", s.rank(InspectionText.NUMERICAL));
    fields.put("rankEnergy90", s.energyRank(0.90));
    fields.put("rankEnergy95", s.energyRank(0.95));
    fields.put("rankEnergy99", s.energyRank(0.99));
    fields.put("rankEpsilonSpectral0.1", s.epsilonRank(0.1, Norm.SPECTRAL));
    fields.put("rankEpsilonFrobenius0.1", s.epsilonRank(0.1, Norm.FROBENIUS));
    fields.put("stableRank", s.stableRank());
    fields.put("effectiveRank", s.effectiveRank());
    fields.put("participationRatio", s.participationRatio());
    fields.put("frobeniusNorm", s.frobeniusNorm());
    fields.put("spectralNorm", s.spectralNorm());
    fields.put("nuclearNorm", s.nuclearNorm());
    fields.put("conditionNumber", finite(s.conditionNumber()));
    Optional<PowerLaw> law = m.powerLaw();
    fields.put("alpha", law.map(PowerLaw::alpha).orElse(null));
    fields.put("alphaDistance", law.map(PowerLaw::distance).orElse(null));
    fields.put("alphaLambdaMin", law.map(PowerLaw::lambdaMin).orElse(null));
    fields.put("alphaTail", law.map(PowerLaw::tail).orElse(null));
    fields.put("marchenkoPasturEdge", MarchenkoPastur.edge(s));
    fields.put("marchenkoPasturSpikes", MarchenkoPastur.spikes(s));
    fields.put("randomRankFrobenius1e-2", random.rank(RankRule.FROBENIUS_HUNDREDTH));
    fields.put("randomRankEnergy99", random.energyRank(0.99));
    fields.put("randomStableRank", random.stableRank());
    fields.put("breakEvenRank", m.breakEvenRank());
    fields.put("savedParameters", m.saved());
    fields.put("kind", m.kind().label());
    fields.put("tensor", m.tensor());
    return fields;
  }

  private static Map<String, Object> fields(InspectedProduct product) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", product.name());
    fields.put("product", product.kind().label());
    fields.put("rows", product.rows());
    fields.put("cols", product.cols());
    fields.put("headsTogether", product.together());
    fields.put("heads", product.heads().stream().map(InspectionFields::head).toList());
    return fields;
  }

  private static Map<String, Object> head(Spectrum s) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("rankEnergy99", s.energyRank(0.99));
    fields.put("stableRank", s.stableRank());
    fields.put("effectiveRank", s.effectiveRank());
    fields.put("spectralNorm", s.spectralNorm());
    fields.put("singularValues", s.toArray());
    return fields;
  }

  /** JSON has no infinity. */
  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
