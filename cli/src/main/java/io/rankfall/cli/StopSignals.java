package io.rankfall.cli;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/**
 * Control-C and SIGTERM while there is work that can be left cleanly: the first one is kept for the
 * work to ask for, the second ends the process as usual.
 *
 * <p>{@code sun.misc.Signal} is what Java has for this: it is in {@code jdk.unsupported}, which JEP
 * 260 keeps until there is something else. It is called by reflection because javac warns of its
 * name and knows no way to be told that this is meant. A shutdown hook would not do: with it the
 * process has begun to end, and hooks that remove unfinished files run beside it.
 */
final class StopSignals implements AutoCloseable {
  private static final int NONE = 0;

  /** Handlers as they were, with the signals. */
  private final List<Object[]> before = new ArrayList<>();

  private final Runnable onFirst;
  private volatile int exitCode = NONE;

  private StopSignals(Runnable onFirst) {
    this.onFirst = onFirst;
  }

  /**
   * Listens until closed. Where the JVM has no signals to give, as with {@code -Xrs}, they end the
   * process as usual.
   *
   * @param onFirst called at the first signal, on a thread of its own
   */
  static StopSignals listen(Runnable onFirst) {
    StopSignals signals = new StopSignals(onFirst);
    signals.handle("INT", ExitCode.INTERRUPTED);
    signals.handle("TERM", ExitCode.TERMINATED);
    return signals;
  }

  /** Whether there was one. */
  boolean received() {
    return exitCode != NONE;
  }

  /** Of the process, as shells expect it after the signal received. */
  int exitCode() {
    return exitCode;
  }

  private void handle(String name, int code) {
    try {
      Class<?> handlers = Class.forName("sun.misc.SignalHandler");
      Object handler =
          Proxy.newProxyInstance(
              handlers.getClassLoader(),
              new Class<?>[] {handlers},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  receive(code);
                }
                return null;
              });
      Object signal =
          Class.forName("sun.misc.Signal").getConstructor(String.class).newInstance(name);
      before.add(new Object[] {signal, replaced(signal, handler)});
    } catch (ReflectiveOperationException e) {
      // Not on this JVM: the signal ends the process, and the last checkpoint is what there is.
    }
  }

  private static Object replaced(Object signal, Object handler)
      throws ReflectiveOperationException {
    return signal
        .getClass()
        .getMethod("handle", signal.getClass(), Class.forName("sun.misc.SignalHandler"))
        .invoke(null, signal, handler);
  }

  private synchronized void receive(int code) {
    if (received()) {
      return;
    }
    exitCode = code;
    restore();
    onFirst.run();
  }

  private synchronized void restore() {
    for (Object[] each : before) {
      try {
        replaced(each[0], each[1]);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a handler that was there can be set again", e);
      }
    }
    before.clear();
  }

  @Override
  public void close() {
    restore();
  }
}
