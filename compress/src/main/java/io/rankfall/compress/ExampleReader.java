package io.rankfall.compress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads examples for one model: arrays prepared as it expects them, which {@link ModelInputs#read}
 * describes, or folders of images, which are prepared here.
 *
 * <p>A folder of images has PNG, JPEG, BMP or GIF files, or a subfolder of them for each class:
 * class 0 is the first in the order of the names, unless all names are numbers; then these are the
 * classes. Other files and deeper folders are ignored.
 *
 * <pre>{@code
 * ExampleReader examples = ExampleReader.of(OnnxModel.read(file));
 * Compression.of(file, goal).calibration(examples.inputs(Path.of("photos")));
 * }</pre>
 */
public final class ExampleReader {
  /** Of one array; a power of two of images is a multiple of a model's fixed batch most often. */
  private static final long PART_BYTES = 1L << 30;

  private static final int CLASSES_SHOWN = 3;

  private final String model;
  private final List<OnnxModel.Input> inputs;
  private final StatedPreprocessing stated;
  private final Set<String> notes = new LinkedHashSet<>();
  private final Map<Path, LabelledInputs> images = new HashMap<>();

  /** What all images together may still take, in bytes. */
  private long room = Runtime.getRuntime().maxMemory() / 2;

  private ExampleReader(String model, List<OnnxModel.Input> inputs, StatedPreprocessing stated) {
    this.model = model;
    this.inputs = List.copyOf(inputs);
    this.stated = stated;
  }

  /** For this model; images are prepared as its input suggests. */
  public static ExampleReader of(OnnxModel model) {
    return of(model, StatedPreprocessing.NONE);
  }

  /** For this model; images are prepared as stated, and where nothing is, as the input suggests. */
  public static ExampleReader of(OnnxModel model, StatedPreprocessing stated) {
    return of(model.file(), model.inputs(), stated);
  }

  /** For a model of which only the inputs are known. */
  static ExampleReader of(String model, List<OnnxModel.Input> inputs, StatedPreprocessing stated) {
    return new ExampleReader(model, inputs, stated);
  }

  /** The examples without their labels; see {@link #labelled}. */
  public ModelInputs inputs(Path path) throws IOException {
    return labelled(path).inputs();
  }

  /**
   * Reads examples and their labels: those that {@link LabelledInputs#read} finds, or the classes
   * of images.
   *
   * @throws ModelFormatException in one line, if a file is damaged, or if all images that this read
   *     take more than half of the heap as floats
   * @throws IllegalArgumentException in one line, if there are images and the model does not take
   *     such, or does not say of which size
   */
  public LabelledInputs labelled(Path path) throws IOException {
    if (!ImageFolder.is(path)) {
      return LabelledInputs.read(
          path, inputs.stream().map(OnnxModel.Input::name).collect(Collectors.toSet()));
    }
    LabelledInputs known = images.get(path);
    if (known == null) {
      known = prepared(path);
      images.put(path, known);
    }
    return known;
  }

  private LabelledInputs prepared(Path path) throws IOException {
    ImageFolder folder = ImageFolder.of(path);
    if (inputs.size() != 1) {
      throw new IllegalArgumentException(
          "%s: expected a model with one input for images, found %d in %s"
              .formatted(path, inputs.size(), model));
    }
    ImageInput input = ImageInput.of(inputs.get(0), stated);
    ImagePreprocessing how = input.preprocessing(stated);
    ModelInputs prepared = ModelInputs.named(parts(folder, input, how));
    note(folder, how);
    return new LabelledInputs(path.toString(), prepared, folder.labels());
  }

  private List<Map<String, NdArray>> parts(
      ImageFolder folder, ImageInput input, ImagePreprocessing how) throws IOException {
    long each = 4L * how.order().channels() * how.crop().height() * how.crop().width();
    List<ImageFolder.Image> files = folder.images();
    if (files.size() > room / each) {
      throw new ModelFormatException(
          folder.path().toString(),
          "images",
          "at most %,d of %s %s as floats in half of the heap (java -Xmx), with those read before"
              .formatted(room / each, how.order(), how.crop()),
          "%,d".formatted(files.size()));
    }
    room -= each * files.size();
    int most = Math.toIntExact(Long.highestOneBit(PART_BYTES / each));
    List<Map<String, NdArray>> parts = new ArrayList<>();
    for (int from = 0; from < files.size(); from += most) {
      List<ImageFolder.Image> part = files.subList(from, Math.min(files.size(), from + most));
      ByteBuffer bytes =
          ByteBuffer.allocate(Math.toIntExact(each * part.size())).order(ByteOrder.LITTLE_ENDIAN);
      FloatBuffer numbers = bytes.asFloatBuffer();
      for (ImageFolder.Image image : part) {
        Pixels pixels = ImageFile.read(image.file());
        (how.order() == ImagePreprocessing.ChannelOrder.GRAY ? pixels.gray() : pixels.coloured())
            .prepared(how)
            .appendTo(numbers, how);
      }
      parts.add(
          Map.of(
              input.input().name(),
              new NdArray(NdArray.Type.FLOAT32, input.shape(part.size(), how), bytes)));
    }
    return parts;
  }

  private void note(ImageFolder folder, ImagePreprocessing how) {
    List<String> open = stated.open();
    notes.add(
        "images are prepared by %s%s"
            .formatted(how, open.isEmpty() ? "" : "; assumed: " + String.join(", ", open)));
    if (!folder.classes().isEmpty()) {
      int count = folder.classes().size();
      notes.add(
          "%s: %,d images of %d classes: %s%s"
              .formatted(
                  folder.path(),
                  folder.images().size(),
                  count,
                  folder.classes().stream()
                      .limit(CLASSES_SHOWN)
                      .map(ImageFolder.Label::toString)
                      .collect(Collectors.joining(", ")),
                  count > CLASSES_SHOWN ? ", …, " + folder.classes().get(count - 1) : ""));
    }
    if (folder.ignored() > 0) {
      notes.add(
          "%s: %,d files that are no images were ignored"
              .formatted(folder.path(), folder.ignored()));
    }
  }

  /** What was assumed about the images that were read, a line each; empty if there were none. */
  public List<String> notes() {
    return List.copyOf(notes);
  }
}
