package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rankfall.spectra.MarchenkoPastur;
import io.rankfall.spectra.PowerLaw;
import io.rankfall.spectra.RankRule;
import io.rankfall.spectra.Spectrum;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that PyTorch exported and safetensors written by hand, against what numpy finds in the same
 * weights: {@code make_models.py} beside the files made both.
 */
class ModelFilesTest {
  static Path models() {
    return Path.of("src/test/resources/io/rankfall/compress/models");
  }

  private static JsonNode golden(String file) throws Exception {
    return new JsonMapper().readTree(models().resolve("golden.json").toFile()).path(file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lenet.onnx",
        "convolutions.onnx",
        "recurrent.onnx",
        "attention.onnx",
        "encoder.onnx",
        "double.onnx",
        "sharded"
      })
  void everyNumberIsThatOfNumpy(String file) throws Exception {
    JsonNode golden = golden(file);
    Inspection inspection = Inspection.of(models().resolve(file));
    Map<String, InspectedMatrix> found =
        inspection.matrices().stream()
            .collect(Collectors.toMap(InspectedMatrix::name, Function.identity()));
    List<String> names =
        golden.path("matrices").properties().stream().map(Map.Entry::getKey).toList();
    assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(names);
    for (String name : names) {
      check(name, Objects.requireNonNull(found.get(name)), golden.path("matrices").path(name));
    }
    JsonNode products = golden.path("products");
    assertThat(inspection.products()).hasSize(products.size());
    for (InspectedProduct product : inspection.products()) {
      check(product, products.path(product.kind().name()));
    }
  }

  private static void check(String name, InspectedMatrix matrix, JsonNode golden) {
    Spectrum spectrum = matrix.spectrum();
    assertThat(matrix.rows()).as(name).isEqualTo(golden.path("rows").intValue());
    assertThat(matrix.cols()).as(name).isEqualTo(golden.path("cols").intValue());
    Offset<Double> tolerance = within(1e-6 * spectrum.spectralNorm());
    JsonNode sigma = golden.path("singularValues");
    for (int i = 0; i < spectrum.size(); i++) {
      assertThat(spectrum.sigma(i)).as(name).isCloseTo(sigma.get(i).doubleValue(), tolerance);
    }
    assertThat(spectrum.rank(RankRule.FROBENIUS_HUNDREDTH))
        .as(name)
        .isEqualTo(golden.path("rankFrobenius1e-2").intValue());
    assertThat(spectrum.energyRank(0.99))
        .as(name)
        .isEqualTo(golden.path("rankEnergy99").intValue());
    close(name, spectrum.stableRank(), golden.path("stableRank"));
    close(name, spectrum.effectiveRank(), golden.path("effectiveRank"));
    close(name, spectrum.participationRatio(), golden.path("participationRatio"));
    close(name, MarchenkoPastur.edge(spectrum), golden.path("marchenkoPasturEdge"));
    if (golden.path("conditionNumber").doubleValue() < 1e4) {
      assertThat(spectrum.conditionNumber())
          .as(name)
          .isCloseTo(golden.path("conditionNumber").doubleValue(), Offset.offset(1.0));
    }
    JsonNode law = golden.path("powerLaw");
    assertThat(matrix.powerLaw().isPresent()).as(name).isEqualTo(!law.isNull());
    if (matrix.powerLaw().isPresent()) {
      PowerLaw fitted = matrix.powerLaw().get();
      close(name, fitted.alpha(), law.path("alpha"));
      close(name, fitted.distance(), law.path("distance"));
      close(name, fitted.lambdaMin(), law.path("lambdaMin"));
      assertThat(fitted.tail()).as(name).isEqualTo(law.path("tail").intValue());
    }
  }

  private static void close(String name, double found, JsonNode golden) {
    double expected = golden.doubleValue();
    assertThat(found).as(name).isCloseTo(expected, within(1e-4 * expected));
  }

  private static void check(InspectedProduct product, JsonNode golden) {
    assertThat(product.together()).isFalse();
    assertThat(product.heads()).hasSize(golden.size());
    for (int h = 0; h < golden.size(); h++) {
      Spectrum spectrum = product.heads().get(h);
      assertThat(spectrum.size()).isEqualTo(golden.get(h).size());
      for (int i = 0; i < spectrum.size(); i++) {
        assertThat(spectrum.sigma(i))
            .isCloseTo(golden.get(h).get(i).doubleValue(), within(1e-6 * spectrum.spectralNorm()));
      }
    }
  }

  @Test
  void kindsAndSharesAreThoseOfTheModel() throws Exception {
    Inspection lenet = Inspection.of(models().resolve("lenet.onnx"));
    long parameters = 6 * 25 + 6 + 16 * 150 + 16 + 40 * 256 + 40 + 10 * 40 + 10;
    assertThat(lenet.parameters()).isEqualTo(parameters);
    assertThat(lenet.matrices())
        .extracting(InspectedMatrix::kind)
        .containsExactly(
            MatrixKind.CONVOLUTION, MatrixKind.CONVOLUTION, MatrixKind.LINEAR, MatrixKind.LINEAR);
    assertThat(lenet.matrices().get(2).share()).isEqualTo(40 * 256 / (double) parameters);
    assertThat(Inspection.of(models().resolve("convolutions.onnx")).matrices())
        .extracting(InspectedMatrix::kind)
        .contains(MatrixKind.DEPTHWISE, MatrixKind.TRANSPOSED_CONVOLUTION);
    assertThat(Inspection.of(models().resolve("recurrent.onnx")).matrices())
        .extracting(InspectedMatrix::kind)
        .containsOnly(MatrixKind.RECURRENT);
  }

  @Test
  void aTableSharedWithTheOutputLayerIsOneMatrix() throws Exception {
    Inspection inspection = Inspection.of(models().resolve("attention.onnx"));
    assertThat(inspection.matrices())
        .filteredOn(matrix -> matrix.tensor().equals("table.weight"))
        .singleElement()
        .extracting(InspectedMatrix::kind)
        .isEqualTo(MatrixKind.EMBEDDING);
  }

  @Test
  void whatSavesNothingSavesNothing() throws Exception {
    for (InspectedMatrix matrix : Inspection.of(models().resolve("convolutions.onnx")).matrices()) {
      int rank = matrix.spectrum().energyRank(0.99);
      boolean smaller = rank <= matrix.breakEvenRank() && matrix.kind() != MatrixKind.DEPTHWISE;
      assertThat(matrix.saved() > 0).as(matrix.name()).isEqualTo(smaller);
    }
    Inspection lenet = Inspection.of(models().resolve("lenet.onnx"));
    InspectedMatrix fc1 = lenet.matrices().get(2);
    assertThat(fc1.saved())
        .isEqualTo(40 * 256 - fc1.spectrum().energyRank(0.99) * (40 + 256L))
        .isPositive();
  }

  @Test
  void tensorsThatAreNoWeightsAreListedWithTheReason() throws Exception {
    assertThat(Inspection.of(models().resolve("sharded")).skipped())
        .extracting(SkippedWeight::name, SkippedWeight::reason)
        .containsExactlyInAnyOrder(
            org.assertj.core.api.Assertions.tuple("model.positions", "integers: I64"),
            org.assertj.core.api.Assertions.tuple("model.mask", "integers: BOOL"),
            org.assertj.core.api.Assertions.tuple("model.packed", "quantized: U8"));
  }

  @Test
  void oneThreadAndManyFindTheSameBits() throws Exception {
    ModelWeights weights = ModelWeights.open(models().resolve("attention.onnx"));
    assertThat(Inspection.of(weights, 1, InspectionListener.NONE))
        .isEqualTo(Inspection.of(weights, 4, InspectionListener.NONE));
  }

  @Test
  void progressAddsUp() throws Exception {
    ModelWeights weights = ModelWeights.open(models().resolve("lenet.onnx"));
    double[] sum = new double[1];
    Inspection.of(weights, 1, (name, work) -> sum[0] += work);
    assertThat(sum[0]).isPositive().isCloseTo(weights.work(), within(1e-9 * sum[0]));
  }
}
