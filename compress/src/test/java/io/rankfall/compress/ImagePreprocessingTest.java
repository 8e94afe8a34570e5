package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is assumed about images, what is stated, and what that makes of a pixel. */
class ImagePreprocessingTest {
  private static final String IMAGENET = "mean=0.485:0.456:0.406,std=0.229:0.224:0.225";

  private static ImagePreprocessing of(String dimensions, String stated) {
    return ImagePreprocessing.of(
        new OnnxModel.Input("x", List.of(dimensions.split(" "))),
        stated.isEmpty() ? StatedPreprocessing.NONE : StatedPreprocessing.parse(stated));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n 3 224 224|resize=256,crop=224x224,order=rgb,scale=255,IMAGENET,layout=nchw",
        "n 224 192 3|resize=256,crop=224x192,order=rgb,scale=255,IMAGENET,layout=nhwc",
        "1 3 32 32|resize=32,crop=32x32,order=rgb,scale=255,IMAGENET,layout=nchw",
        "n 1 28 28|resize=28x28,crop=28x28,order=gray,scale=255,mean=0,std=1,layout=nchw",
        "n 20 28 1|resize=20x28,crop=20x28,order=gray,scale=255,mean=0,std=1,layout=nhwc",
        "n 20 28|resize=20x28,crop=20x28,order=gray,scale=255,mean=0,std=1,layout=nchw",
        "n 784|resize=28x28,crop=28x28,order=gray,scale=255,mean=0,std=1,layout=nchw",
        "n 3072|resize=32,crop=32x32,order=rgb,scale=255,IMAGENET,layout=nchw"
      })
  void theModelsInputSaysMost(String dimensions, String expected) {
    ImagePreprocessing assumed = of(dimensions, "");
    assertThat(assumed).hasToString(expected.replace("IMAGENET", IMAGENET));
    // Its text states the same again.
    assertThat(of(dimensions, assumed.toString())).isEqualTo(assumed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n 3 h w|crop=224x160|resize=256,crop=224x160,order=rgb,scale=255,IMAGENET,layout=nchw",
        "n h w 3|resize=90x80|resize=90x80,crop=90x80,order=rgb,scale=255,IMAGENET,layout=nhwc",
        "n 3 h w|crop=32x32,order=bgr|resize=32,crop=32x32,order=bgr,scale=255,"
            + "mean=0.406:0.456:0.485,std=0.225:0.224:0.229,layout=nchw",
        "n 3 32 32|scale=1|resize=32,crop=32x32,order=rgb,scale=1,mean=0:0:0,std=1:1:1,layout=nchw",
        "n 3 32 32|mean=0.5,std=.25|resize=32,crop=32x32,order=rgb,scale=255,"
            + "mean=0.5:0.5:0.5,std=0.25:0.25:0.25,layout=nchw",
        "n c h w|crop=9x9,layout=nhwc|resize=9,crop=9x9,order=rgb,scale=255,IMAGENET,layout=nhwc",
        "n 600|crop=20x30,order=gray|resize=20x30,crop=20x30,order=gray,scale=255,mean=0,std=1,"
            + "layout=nchw"
      })
  void whatIsStatedCounts(String dimensions, String stated, String expected) {
    assertThat(of(dimensions, stated)).hasToString(expected.replace("IMAGENET", IMAGENET));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n 3 h w|order=rgb|images: expected crop=HEIGHTxWIDTH in the preprocessing",
        "n 1000|order=gray|found input x [n×1000]",
        "n 3 32 32|crop=16x16|expected what fits the model's input x [n×3×32×32], found rgb images of 16x16, nchw",
        "n 3 32 32|order=gray|found gray images of 32x32",
        "n 3 32 32|layout=nhwc|found rgb images of",
        "n 4 32 32|order=rgb|found rgb images of 32x32",
        "n 3 4 8 8|order=rgb|expected an input of 2 to 4 dimensions",
        "n 3 99999 99999|order=rgb|expected sides from 1 to 4096, found 99999",
        "n 3 32 32|resize=20|resize: expected at least crop=32x32, found 20",
        "n 3 32 32|resize=90x31|resize: expected at least crop=32x32, found 90x31",
        "n 3 32 32|mean=1:2|mean: expected 3 numbers for rgb, found 1:2",
        "n 3 32 32|std=1:2:0|std: expected numbers above 0, found 1:2:0",
        "n 3 32 32|std=NaN|std: expected 3 numbers",
        "n 3 32 32|scale=0|scale: expected a number above 0, found 0",
        "n 3 32 32|scale=Infinity|scale: expected a number above 0"
      })
  void whatCannotBeIsRefused(String dimensions, String stated, String message) {
    assertThatThrownBy(() -> of(dimensions, stated))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",",
        "size=3",
        "crop",
        "crop=",
        "crop=3",
        "crop=3x",
        "crop=-3x3",
        "crop=0x3",
        "crop=9999999x1",
        "resize=x",
        "resize=0",
        "order=grey",
        "scale=",
        "scale=x",
        "mean=1:",
        "std=",
        "layout=NCHW",
        "crop=3x3,crop=3x3",
        "crop=3x3;order=rgb"
      })
  void badTextIsRefused(String text) {
    assertThatThrownBy(() -> StatedPreprocessing.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("preprocessing: ")
        .hasMessageContaining("expected")
        .hasMessageContaining("found");
  }

  @Test
  void anUnknownKeyIsAnsweredByTheKnownOnes() {
    assertThatThrownBy(() -> StatedPreprocessing.parse("crop=3x3,size=4"))
        .hasMessage(
            "preprocessing: expected resize|crop|order|scale|mean|std|layout=VALUE, found 'size=4'");
  }

  @Test
  void channelsAreNormalisedAndLaidOut() {
    Pixels pixels =
        new Pixels(1, 2, List.of(new byte[] {0, 51}, new byte[] {102, -1}, new byte[] {-52, 0}));
    String common = "crop=1x2,mean=0:0.2:0.4,std=1:2:4,";
    float[] rgb = {0, 51 / 255f, .2f / 2, .8f / 2, .4f / 4, -.4f / 4};
    assertThat(numbers(pixels, common + "order=rgb")).containsExactly(rgb, within());
    // Means and deviations are in the order of the channels.
    float[] bgr = {.8f, 0, .2f / 2, .8f / 2, -.4f / 4, -.2f / 4};
    assertThat(numbers(pixels, common + "order=bgr")).containsExactly(bgr, within());
    float[] last = {0, .2f / 2, .4f / 4, 51 / 255f, .8f / 2, -.4f / 4};
    assertThat(numbers(pixels, common + "order=rgb,layout=nhwc")).containsExactly(last, within());
  }

  private static org.assertj.core.data.Offset<Float> within() {
    return org.assertj.core.api.Assertions.within(1e-6f);
  }

  private static float[] numbers(Pixels pixels, String stated) {
    FloatBuffer numbers = FloatBuffer.allocate(6);
    pixels.appendTo(numbers, of("n c h w", stated + ",resize=1x2"));
    return numbers.array();
  }

  @Test
  void theLongerSideKeepsTheShape() {
    assertThat(new ImagePreprocessing.ShorterSide(256).of(375, 500))
        .isEqualTo(new ImagePreprocessing.Dimensions(256, 341));
    assertThat(new ImagePreprocessing.ShorterSide(256).of(500, 375))
        .isEqualTo(new ImagePreprocessing.Dimensions(341, 256));
  }
}
