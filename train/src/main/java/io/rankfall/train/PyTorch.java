package io.rankfall.train;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * PyTorch through DJL; nothing else in this module calls DJL's engine classes.
 *
 * <p>DJL allows one gradient collector a process, so what runs here runs one after another,
 * whatever thread it comes from, and each piece of work runs on the calling thread alone. Trials
 * that shall run at the same time need processes of their own.
 *
 * <p>DJL downloads what it misses and reports its use to its makers. Loading switches both off by
 * the system property {@code ai.djl.offline}, unless that property or the environment variable
 * {@code DJL_OFFLINE} is set: the native libraries come from the class path, and are unpacked once
 * to the folder named by {@code DJL_CACHE_DIR} (default {@code ~/.djl.ai}).
 *
 * <p>With PyTorch's CUDA libraries on the class path and a GPU, arrays are on the first GPU, unless
 * the system property {@code rankfall.device} is {@code cpu}. Optimizers then update copies in
 * Java's memory, and a rerun need not give the same bits.
 */
final class PyTorch {
  private static final String OFFLINE = "ai.djl.offline";
  private static final String DEVICE = "rankfall.device";

  /** glibc's limit is 32 MB. */
  private static final int LARGEST_BLOCK_KEPT = 31 << 20;

  private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock(true);
  private static @Nullable PyTorch loaded;

  private final Engine engine;
  private final Device device;

  /** Whether arrays are copied to be looked at; a test does so on the CPU too. */
  private boolean copies;

  private PyTorch(Engine engine) {
    this.engine = engine;
    boolean wanted = !"cpu".equalsIgnoreCase(System.getProperty(DEVICE));
    this.device = wanted && engine.getGpuCount() > 0 ? Device.gpu() : Device.cpu();
    this.copies = device.isGpu();
  }

  /**
   * Loads the native library on first use.
   *
   * @throws IllegalStateException in one line, if it cannot be loaded
   */
  static PyTorch load() {
    ONE_AT_A_TIME.lock();
    try {
      if (loaded == null) {
        loaded = new PyTorch(loadEngine());
      }
      return loaded;
    } finally {
      ONE_AT_A_TIME.unlock();
    }
  }

  private static Engine loadEngine() {
    if (System.getenv("DJL_OFFLINE") == null && System.getProperty(OFFLINE) == null) {
      System.setProperty(OFFLINE, "true");
    }
    try {
      Engine engine = Engine.getEngine("PyTorch");
      JniUtils.setNumThreads(1);
      return engine;
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw new IllegalStateException(
          "PyTorch: expected a pytorch-native and pytorch-jni for this platform on the class path "
              + "and a writable folder DJL_CACHE_DIR (default ~/.djl.ai), found "
              + rootCause(e),
          e);
    }
  }

  /** The innermost cause in one line. */
  private static String rootCause(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getClass().getSimpleName() + ": " + firstLine(cause);
  }

  /** Native errors carry a C++ stack trace behind their first line. */
  private static String firstLine(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null ? "no message" : message.lines().findFirst().orElse("");
  }

  /**
   * Runs {@code work} when nothing else runs in PyTorch, without recording gradients outside a
   * {@link #newGradientCollector}.
   *
   * @param what the work's name in error messages
   * @throws IllegalStateException in one line, if PyTorch fails
   */
  <T> T run(String what, Supplier<T> work) {
    ONE_AT_A_TIME.lock();
    try {
      // A setting of the thread, which PyTorch switches on in every thread but the loading one.
      boolean recording = JniUtils.isGradMode();
      JniUtils.setGradMode(false);
      try {
        return work.get();
      } finally {
        JniUtils.setGradMode(recording);
      }
    } catch (EngineException e) {
      throw new IllegalStateException("PyTorch %s: %s".formatted(what, firstLine(e)), e);
    } finally {
      ONE_AT_A_TIME.unlock();
    }
  }

  /**
   * Makes glibc keep the memory of freed activations for the next step, by freeing a block as large
   * as the largest it will keep. Else it may hand activations of some megabytes back to the system
   * in every step, which fills them with zeros again. For the whole process; not for small
   * networks, whose steps it slows down.
   */
  void keepFreedMemory() {
    try (NDManager manager = newManager()) {
      manager.create(new Shape(LARGEST_BLOCK_KEPT / Float.BYTES)).close();
    }
  }

  /** Owns what is allocated through it; the caller closes it. */
  NDManager newManager() {
    return engine.newBaseManager(device);
  }

  /**
   * PyTorch's own copy of {@code values}: an array that stays in Java's memory has a random
   * alignment, on which the order of PyTorch's sums depends.
   */
  static NDArray copy(float[] values, Shape shape, NDManager manager) {
    try (NDArray staged = manager.create(values, shape)) {
      return staged.duplicate();
    }
  }

  /** The numbers of {@code array}, in single precision. */
  HostFloats floats(NDArray array) {
    return new HostFloats(array, false, copies);
  }

  /**
   * The gradients of {@code parameter} as they are summed up, or null before the first {@link
   * #backward} that reaches it. In place it is valid as long as the parameter.
   */
  @Nullable HostFloats gradients(NDArray parameter) {
    NDArray gradient = JniUtils.getGradient((PtNDArray) parameter);
    return gradient == null ? null : new HostFloats(gradient, true, copies);
  }

  /** From now on as on a GPU, or not. */
  void copy(boolean always) {
    copies = always || device.isGpu();
  }

  /**
   * Runs {@code forward} and adds to the gradient of every parameter in it: Jᵀ·g, with J its
   * output's derivative by the parameter. Within {@link #run}.
   *
   * @param gradient from the output to g, the gradient by it, of the same shape
   * @throws IllegalStateException if code outside Rankfall is collecting gradients in this process
   */
  void backward(Supplier<NDArray> forward, UnaryOperator<NDArray> gradient) {
    GradientCollector collector = newGradientCollector();
    try {
      NDArray output = forward.get();
      NDArray given = gradient.apply(output);
      JniUtils.backward((PtNDArray) output, (PtNDArray) given, false, false);
    } finally {
      collector.close();
    }
  }

  private GradientCollector newGradientCollector() {
    try {
      return engine.newGradientCollector();
    } catch (IllegalStateException e) {
      throw new IllegalStateException(
          "PyTorch step: expected no other DJL training in this process, found one; "
              + "train in a process of its own",
          e);
    }
  }
}
