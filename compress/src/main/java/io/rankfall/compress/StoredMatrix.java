package io.rankfall.compress;

import io.rankfall.spectra.WeightMatrix;
import java.io.IOException;

/** A weight matrix of a model file, outputs × inputs, whose numbers are read when asked for. */
public final class StoredMatrix {
  private final String name;
  private final MatrixKind kind;
  private final StoredTensor tensor;
  private final MatrixLayout layout;

  StoredMatrix(String name, MatrixKind kind, StoredTensor tensor, MatrixLayout layout) {
    this.name = name;
    this.kind = kind;
    this.tensor = tensor;
    this.layout = layout;
  }

  /** Unique in the model: the name of the first node that uses the weights, else the tensor's. */
  public String name() {
    return name;
  }

  public MatrixKind kind() {
    return kind;
  }

  /** The tensor of the file that holds the numbers. */
  public String tensor() {
    return ModelFormatException.oneLine(tensor.name());
  }

  StoredTensor stored() {
    return tensor;
  }

  /** The type of the numbers in the file, as safetensors names it: {@code F16}. */
  public String type() {
    return tensor.type().name();
  }

  public int rows() {
    return layout.rows();
  }

  public int cols() {
    return layout.cols();
  }

  /** How many numbers it has. */
  public long size() {
    return (long) rows() * cols();
  }

  /** What its spectrum takes in multiplications, about: a Gram matrix and its eigenvalues. */
  double work() {
    double smaller = Math.min(rows(), cols());
    return size() * smaller + 4 * smaller * smaller * smaller;
  }

  /**
   * Reads the numbers in single precision, which takes four bytes each and a buffer.
   *
   * @throws ModelFormatException in one line, if the file ends too early
   */
  public WeightMatrix read() throws IOException {
    return new WeightMatrix(name, layout.read(tensor));
  }

  @Override
  public String toString() {
    return "StoredMatrix[%s %dx%d]".formatted(name, rows(), cols());
  }
}
