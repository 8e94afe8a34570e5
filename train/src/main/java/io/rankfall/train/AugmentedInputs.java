package io.rankfall.train;

import java.util.SplittableRandom;

/** Images changed at random, by seed, epoch and number of the image: always the same way. */
final class AugmentedInputs implements Inputs {
  private final Inputs images;
  private final InputShape shape;
  private final Augmentation how;

  /** That of an image is this plus its number. */
  private final long firstSeed;

  AugmentedInputs(Inputs images, InputShape shape, Augmentation how, long seed, int epoch) {
    this(images, shape, how, new SplittableRandom(seed * 1_000_003 + epoch).nextLong());
  }

  private AugmentedInputs(Inputs images, InputShape shape, Augmentation how, long firstSeed) {
    this.images = images;
    this.shape = shape;
    this.how = how;
    this.firstSeed = firstSeed;
  }

  /**
   * Where the pixels of the changed image come from. What is not asked for is drawn all the same,
   * so that each change is the same with and without the others.
   */
  private PixelMap map(int example) {
    SplittableRandom random = new SplittableRandom(firstSeed + example);
    int down = random.nextInt(2 * how.crop() + 1) - how.crop();
    int right = random.nextInt(2 * how.crop() + 1) - how.crop();
    PixelMap.Sides sides =
        random.nextBoolean() && how.flip() == Augmentation.Flip.HALF
            ? PixelMap.Sides.SWAPPED
            : PixelMap.Sides.KEPT;
    double degrees = (2 * random.nextDouble() - 1) * how.rotate();
    return new PixelMap(shape.height(), shape.width(), down, right, sides, degrees);
  }

  /** Whether images are turned, which mixes pixels. */
  boolean turns() {
    return how.rotate() > 0;
  }

  @Override
  public void copy(int example, float[] target, int offset) {
    float[] image = new float[shape.size()];
    images.copy(example, image, 0);
    PixelMap map = map(example);
    int plane = shape.height() * shape.width();
    for (int c = 0; c < shape.channels(); c++) {
      map.apply(image, c * plane, images.black(c), target, offset + c * plane);
    }
  }

  @Override
  public void copy(int example, NativeMatrix target, int row) {
    float[] numbers = new float[shape.size()];
    copy(example, numbers, 0);
    target.put(row, numbers, 0);
  }

  @Override
  public float black(int channel) {
    return images.black(channel);
  }

  @Override
  public Inputs first(int count) {
    return new AugmentedInputs(images.first(count), shape, how, firstSeed);
  }
}
