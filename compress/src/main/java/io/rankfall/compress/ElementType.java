package io.rankfall.compress;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The types of numbers in model files: their width, and what is read as single precision. */
enum ElementType {
  F64(64, Use.WEIGHT),
  F32(32, Use.WEIGHT),
  F16(16, Use.WEIGHT),
  BF16(16, Use.WEIGHT),
  /** 4 bits of exponent, bias 7, no infinity. */
  F8_E4M3(8, Use.WEIGHT),
  /** The upper half of an F16. */
  F8_E5M2(8, Use.WEIGHT),
  F8_E4M3FNUZ(8, Use.QUANTIZED),
  F8_E5M2FNUZ(8, Use.QUANTIZED),
  F8_E8M0(8, Use.QUANTIZED),
  F4(4, Use.QUANTIZED),
  I4(4, Use.QUANTIZED),
  U4(4, Use.QUANTIZED),
  I8(8, Use.QUANTIZED),
  U8(8, Use.QUANTIZED),
  I16(16, Use.INTEGER),
  U16(16, Use.INTEGER),
  I32(32, Use.INTEGER),
  U32(32, Use.INTEGER),
  I64(64, Use.INTEGER),
  U64(64, Use.INTEGER),
  BOOL(8, Use.INTEGER),
  C64(64, Use.OTHER),
  C128(128, Use.OTHER),
  STRING(0, Use.OTHER),
  UNKNOWN(0, Use.OTHER);

  private enum Use {
    WEIGHT,
    QUANTIZED,
    INTEGER,
    OTHER
  }

  private final int bits;
  private final Use use;

  ElementType(int bits, Use use) {
    this.bits = bits;
    this.use = use;
  }

  /** The type of the given safetensors name. */
  static ElementType ofSafetensors(String name) {
    try {
      return valueOf(name);
    } catch (IllegalArgumentException e) {
      return UNKNOWN;
    }
  }

  /** The type of the given number in ONNX, {@link #UNKNOWN} if this version of ONNX has none. */
  static ElementType ofOnnx(int number) {
    DataType type = DataType.forNumber(number);
    if (type == null) {
      return UNKNOWN;
    }
    return switch (type) {
      case DOUBLE -> F64;
      case FLOAT -> F32;
      case FLOAT16 -> F16;
      case BFLOAT16 -> BF16;
      case FLOAT8E4M3FN -> F8_E4M3;
      case FLOAT8E5M2 -> F8_E5M2;
      case FLOAT8E4M3FNUZ -> F8_E4M3FNUZ;
      case FLOAT8E5M2FNUZ -> F8_E5M2FNUZ;
      case INT4 -> I4;
      case UINT4 -> U4;
      case INT8 -> I8;
      case UINT8 -> U8;
      case INT16 -> I16;
      case UINT16 -> U16;
      case INT32 -> I32;
      case UINT32 -> U32;
      case INT64 -> I64;
      case UINT64 -> U64;
      case BOOL -> BOOL;
      case COMPLEX64 -> C64;
      case COMPLEX128 -> C128;
      case STRING -> STRING;
      default -> UNKNOWN;
    };
  }

  /** The width of a number; 0 if it is not known. */
  int bits() {
    return bits;
  }

  /** How many bytes so many numbers take one after another. */
  long bytes(long count) {
    return (count * bits + 7) / 8;
  }

  /** Whether its numbers are weights, read or not, rather than indices or masks. */
  boolean isWeight() {
    return use == Use.WEIGHT || use == Use.QUANTIZED || this == UNKNOWN;
  }

  /** Whether its numbers are weights that are read. */
  boolean isFloating() {
    return use == Use.WEIGHT;
  }

  /** Why a tensor of this type is no weight matrix that could be read, if it is none. */
  Optional<String> obstacle() {
    return switch (use) {
      case WEIGHT -> Optional.empty();
      case QUANTIZED -> Optional.of("quantized: " + name());
      case INTEGER -> Optional.of("integers: " + name());
      case OTHER -> Optional.of("not read: numbers of type " + name());
    };
  }

  /** The next number of the bytes in single precision; F64 is rounded to it. */
  float next(ByteBuffer bytes) {
    return switch (this) {
      case F64 -> (float) bytes.getDouble();
      case F32 -> bytes.getFloat();
      case I64 -> bytes.getLong();
      case F8_E4M3, F8_E5M2 -> ofBits(bytes.get());
      default -> ofBits(bytes.getShort());
    };
  }

  /** The number of a type of up to 16 bits; of I64, the integer itself. */
  float ofBits(long bits) {
    return switch (this) {
      case F16 -> half((short) bits);
      case BF16 -> Float.intBitsToFloat((int) bits << 16);
      case F8_E5M2 -> half((short) (bits << 8));
      case F8_E4M3 -> quarter((int) bits & 0xff);
      case I64 -> bits;
      default -> throw new IllegalStateException("no weights: " + this);
    };
  }

  /**
   * Appends the number of this type that is nearest to {@code value}, of two equally near the even
   * one; beyond the largest, infinity. F64, F32, F16 and BF16 only.
   */
  void put(ByteBuffer bytes, float value) {
    switch (this) {
      case F64 -> bytes.putDouble(value);
      case F32 -> bytes.putFloat(value);
      case F16 -> bytes.putShort(toHalf(value));
      case BF16 -> bytes.putShort(toBrain(value));
      default -> throw new IllegalStateException("not written: " + this);
    }
  }

  /** What {@link #put} writes. */
  float rounded(float value) {
    return switch (this) {
      case F64, F32 -> value;
      case F16 -> half(toHalf(value));
      case BF16 -> ofBits(toBrain(value));
      default -> throw new IllegalStateException("not written: " + this);
    };
  }

  private static short toHalf(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00);
    }
    float absolute = Math.abs(value);
    if (absolute >= 65520) {
      return (short) (sign | 0x7c00);
    }
    if (absolute < 0x1p-14f) {
      return (short) (sign | (int) Math.rint(absolute * 0x1p24));
    }
    // Half of the last place, less for an even number; the biases of the exponents differ by 112.
    return (short) (sign | ((magnitude + 0xfff + (magnitude >> 13 & 1) - (112 << 23)) >> 13));
  }

  private static short toBrain(float value) {
    int bits = Float.floatToRawIntBits(value);
    return Float.isNaN(value)
        ? (short) (bits >> 16 | 0x40)
        : (short) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }

  /** IEEE 754 binary16. */
  private static float half(short bits) {
    int magnitude = bits & 0x7fff;
    float value =
        magnitude >= 0x7c00
            ? (magnitude == 0x7c00 ? Float.POSITIVE_INFINITY : Float.NaN)
            // Its exponent and fraction as those of a float; the biases differ by 112.
            : Float.intBitsToFloat(magnitude << 13) * 0x1p112f;
    return bits < 0 ? -value : value;
  }

  /** E4M3 of Micikevicius et al., arXiv 2209.05433: the largest exponent holds numbers, too. */
  private static float quarter(int bits) {
    int exponent = (bits >> 3) & 15;
    int fraction = bits & 7;
    float value;
    if (exponent == 15 && fraction == 7) {
      value = Float.NaN;
    } else {
      value = exponent == 0 ? fraction * 0x1p-9f : Math.scalb(8f + fraction, exponent - 10);
    }
    return bits >= 128 ? -value : value;
  }
}
