package io.rankfall.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * A value of a row that is exported.
 *
 * @param value of that type; null where there is none
 */
record Cell(Type type, @JsonValue @Nullable Object value) {

  /** What all values of a column are. */
  enum Type {
    TEXT,
    /** 32 bits. */
    WHOLE,
    /** 64 bits. */
    LONG,
    /** Double precision. */
    NUMBER
  }

  static Cell of(@Nullable String text) {
    return new Cell(Type.TEXT, text);
  }

  static Cell of(@Nullable Integer whole) {
    return new Cell(Type.WHOLE, whole);
  }

  static Cell of(@Nullable Long whole) {
    return new Cell(Type.LONG, whole);
  }

  /** JSON has no NaN: what is not finite is no value. */
  static Cell of(@Nullable Double number) {
    return new Cell(Type.NUMBER, number == null || !Double.isFinite(number) ? null : number);
  }
}
