package io.rankfall.study.store;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A study that cannot be opened, read or written. The message is one line. */
public final class StoreException extends IOException {
  private static final long serialVersionUID = 1;

  StoreException(String message, @Nullable Throwable cause) {
    super(message.replaceAll("\\s*[\\r\\n]+\\s*", " "), cause);
  }
}
