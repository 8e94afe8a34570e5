package io.rankfall.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Examples for a model from files and folders. */
class ExampleReaderTest {
  private static final String[] FILES = {
    "rgb.png", "gray.png", "rgb.jpg", "palette.gif", "rgb.bmp"
  };
  @TempDir private Path folder = Path.of("");

  private static OnnxModel model(String name) throws IOException {
    return OnnxModel.read(ModelFilesTest.models().resolve(name));
  }

  private void put(String image, String target) throws IOException {
    Path file = folder.resolve(target);
    Files.createDirectories(file.getParent());
    Files.copy(ImageFileTest.images().resolve(image), file);
  }

  @Test
  void imagesOfAFolderComeInTheOrderOfTheirNames() throws Exception {
    for (String image : FILES) {
      put(image, image);
    }
    Files.writeString(folder.resolve("notes.txt"), "no image");
    Files.writeString(folder.resolve(".hidden.png"), "no image");
    Files.createDirectory(folder.resolve("empty"));
    ExampleReader reader = ExampleReader.of(model("residual.onnx"));
    LabelledInputs read = reader.labelled(folder);
    assertThat(read.labels()).isEmpty();
    NdArray array = read.inputs().whole().of("image").orElseThrow();
    assertThat(array.shape()).containsExactly(5, 3, 20, 20);
    ImagePreprocessing how = ImageFileTest.preprocessing("crop=20x20");
    String[] sorted = {"gray.png", "palette.gif", "rgb.bmp", "rgb.jpg", "rgb.png"};
    for (int i = 0; i < sorted.length; i++) {
      assertThat(array.slice(i, i + 1).toFloats())
          .isEqualTo(ImageFileTest.numbers(ImageFileTest.images().resolve(sorted[i]), how));
    }
    assertThat(reader.notes())
        .containsExactly(
            "images are prepared by "
                + how
                + "; assumed: resize, crop, order, scale, mean, std, layout",
            folder + ": 1 files that are no images were ignored");
    assertThat(reader.labelled(folder)).isSameAs(read);
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model("residual.onnx"))) {
      assertThat(session.firstOutput(read.inputs()).count()).isEqualTo(5);
    }
  }

  @Test
  void classesAreSubfoldersAndTakeTurns() throws Exception {
    put("rgb.png", "dog/1.png");
    put("rgb.jpg", "cat/1.jpg");
    put("gray.png", "cat/2.PNG");
    put("rgb.bmp", "cat/3.bmp");
    Files.createDirectory(folder.resolve("bird"));
    put("gray.png", "cat/deeper/4.png");
    ExampleReader reader =
        ExampleReader.of(model("residual.onnx"), StatedPreprocessing.parse("resize=20x20,mean=0"));
    LabelledInputs read = reader.labelled(folder);
    assertThat(read.labels().orElseThrow().toArray()).containsExactly(1, 2, 1, 1);
    NdArray array = read.inputs().whole().of("image").orElseThrow();
    assertThat(array.slice(1, 2).toFloats())
        .isEqualTo(
            ImageFileTest.numbers(
                ImageFileTest.images().resolve("rgb.png"),
                ImageFileTest.preprocessing("resize=20x20,mean=0")));
    assertThat(reader.notes().get(0)).endsWith("; assumed: crop, order, scale, std, layout");
    assertThat(reader.notes().get(1))
        .endsWith(": 4 images of 3 classes: 0 = bird, 1 = cat, 2 = dog");
  }

  @Test
  void foldersThatAreNumbersAreTheClasses() throws Exception {
    for (String name : new String[] {"10", "9", "0"}) {
      put("gray.png", name + "/a.png");
    }
    LabelledInputs read = ExampleReader.of(Networks.mlp(1, 784, 3)).labelled(folder);
    assertThat(read.labels().orElseThrow().toArray()).containsExactly(0, 10, 9);
    assertThat(read.inputs().whole().of("input").orElseThrow().shape()).containsExactly(3, 784);
  }

  @Test
  void aFixedBatchOfOneTakesThemOneByOne() throws Exception {
    put("gray.png", "a.png");
    put("rgb.png", "b.png");
    ModelInputs read = ExampleReader.of(model("lenet.onnx")).inputs(folder);
    assertThat(read.whole().arrays().values().iterator().next().shape())
        .containsExactly(2, 1, 28, 28);
    try (OnnxRuntimeSession session = OnnxRuntimeSession.of(model("lenet.onnx"))) {
      assertThat(session.firstOutput(read).count()).isEqualTo(2);
    }
  }

  @Test
  void foldersThatCannotBeAreRefusedInOneLine() throws Exception {
    ExampleReader reader = ExampleReader.of(model("residual.onnx"));
    assertThatThrownBy(() -> reader.inputs(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("expected npz files, images, or subfolders of images, found none");
    put("rgb.png", "a/a.png");
    put("rgb.png", "b.png");
    assertThatThrownBy(() -> reader.inputs(folder))
        .hasMessageContaining("found images and subfolders of images");
    assertThatThrownBy(() -> ExampleReader.of(ModelInputsTest.masked()).inputs(folder.resolve("a")))
        .hasMessageContaining("expected a model with one input for images, found 2");
    Files.writeString(folder.resolve("a/z.png"), "no image");
    assertThatThrownBy(() -> reader.inputs(folder.resolve("a")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("z.png: content: expected a PNG, JPEG, BMP or GIF image");
    assertThatThrownBy(() -> reader.inputs(folder.resolve("nothing")))
        .hasMessageContaining("expected a file, found nothing");
  }

  @Test
  void imagesThatFillTheHeapAreRefusedBeforeTheyAreRead() throws Exception {
    OnnxModel model = model("residual.onnx");
    long each = 4L * 3 * 4096 * 4096;
    OnnxModel.Input open = new OnnxModel.Input("image", List.of("n", "3", "h", "w"));
    long tooMany = Runtime.getRuntime().maxMemory() / 2 / each + 1;
    for (int i = 0; i < tooMany; i++) {
      Files.writeString(folder.resolve(i + ".png"), "never read");
    }
    assertThatThrownBy(
            () ->
                ExampleReader.of(
                        model.file(), List.of(open), StatedPreprocessing.parse("crop=4096x4096"))
                    .inputs(folder))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(
            "images: expected at most %,d of rgb 4096x4096".formatted(tooMany - 1))
        .hasMessageContaining("found %,d".formatted(tooMany));
  }

  @Test
  void arraysKeepTheNamesOfTheModelsInputs() throws Exception {
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    arrays.put("image", NpyFileTest.npy("<f4", "(2, 3, 20, 20)", new byte[9600]));
    arrays.put("label", NpyFileTest.npy("|u1", "(2,)", new byte[] {4, 2}));
    Path file = folder.resolve("data.npz");
    ModelInputsTest.npz(file, arrays);
    LabelledInputs read = ExampleReader.of(model("residual.onnx")).labelled(file);
    assertThat(read.labels().orElseThrow().toArray()).containsExactly(4, 2);
    assertThat(read.inputs().whole().arrays()).containsOnlyKeys("image");
  }
}
