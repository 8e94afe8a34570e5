package io.rankfall.compress;

import java.io.IOException;

/** A consumer that may fail while it reads or writes. */
@FunctionalInterface
public interface IoConsumer<T> {
  void accept(T value) throws IOException;
}
