package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import io.rankfall.train.graph.Layer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Chooses the units of {@link LocalPerceptron#near} and their weights. */
final class LocalStart {
  private final Network dense;
  private final LocalPerceptron local;
  private final Layer.Local first;

  /** Of each unit's outputs without biases, over the examples. */
  private final Moments whole;

  /** Of the part of them that each square makes. */
  private final List<Moments> parts = new ArrayList<>();

  /** Means and variances of the columns of a matrix. */
  private static final class Moments {
    private final double[] mean;
    private final double[] variance;

    Moments(Matrix outputs) {
      this.mean = new double[outputs.cols()];
      this.variance = new double[outputs.cols()];
      for (int j = 0; j < mean.length; j++) {
        for (int i = 0; i < outputs.rows(); i++) {
          mean[j] += outputs.get(i, j) / (double) outputs.rows();
        }
        for (int i = 0; i < outputs.rows(); i++) {
          double off = outputs.get(i, j) - mean[j];
          variance[j] += off * off / outputs.rows();
        }
      }
    }
  }

  /** A unit of the whole layer in a square of the local one. */
  private record Seat(int square, int unit, double share) {}

  private LocalStart(Network dense, LocalPerceptron local, Examples examples) {
    this.dense = dense;
    this.local = local;
    this.first = local.first();
    Matrix weight = weight();
    Matrix inputs =
        Matrix.of(examples.size(), examples.features(), examples.inputs(0, examples.size()));
    this.whole = new Moments(inputs.times(weight.transposed()));
    for (int square = 0; square < first.squares(); square++) {
      int[] seen = inputs(square);
      parts.add(new Moments(columns(inputs, seen).times(columns(weight, seen).transposed())));
    }
  }

  static Network of(Network dense, LocalPerceptron local, Examples examples) {
    return new LocalStart(dense, local, examples).network();
  }

  private Matrix weight() {
    return dense.tensor("fc1.weight").matrix();
  }

  private Network network() {
    int[] units = seated();
    Map<String, Tensor> tensors = new HashMap<>();
    dense.tensors().forEach((name, tensor) -> tensors.put(name, kept(name, tensor, units)));
    Matrix weight = weight();
    int numbers = first.inputs();
    float[] values = new float[units.length * numbers];
    float[] biases = columns(dense.tensor("fc1.bias").matrix(), units).toArray();
    for (int i = 0; i < units.length; i++) {
      int square = i / first.units();
      int place = i % first.units();
      int unit = units[i];
      double scale = scale(square, unit);
      int[] seen = inputs(square);
      for (int k = 0; k < numbers; k++) {
        values[(square * numbers + k) * first.units() + place] =
            (float) (scale * weight.get(unit, seen[k]));
      }
      biases[i] += (float) (whole.mean[unit] - scale * parts.get(square).mean[unit]);
    }
    tensors.put("fc1.weight", Tensor.of(List.of(first.squares(), numbers, first.units()), values));
    tensors.put("fc1.bias", Tensor.of(List.of(units.length), biases));
    return new Network(local, tensors);
  }

  /** What belongs to the units of the first layer, in the order of their seats. */
  private static Tensor kept(String name, Tensor tensor, int[] units) {
    if (name.equals("fc2.weight")) {
      return Tensor.of(columns(tensor.matrix(), units));
    }
    return name.startsWith("fc1.") && tensor.shape().size() == 1
        ? Tensor.vector(columns(tensor.matrix(), units))
        : tensor;
  }

  /** At most what makes up for the other squares if all were alike and independent. */
  private double scale(int square, int unit) {
    double ratio = Math.sqrt(whole.variance[unit] / parts.get(square).variance[unit]);
    return Double.isFinite(ratio) ? Math.min(ratio, Math.sqrt(first.squares())) : 1;
  }

  /** Which unit sits in which place of the local layer. */
  private int[] seated() {
    List<Seat> seats = new ArrayList<>();
    for (int s = 0; s < first.squares(); s++) {
      for (int unit = 0; unit < whole.variance.length; unit++) {
        double all = whole.variance[unit];
        double share = all > 0 ? parts.get(s).variance[unit] / all : 0;
        seats.add(new Seat(s, unit, share));
      }
    }
    seats.sort(Comparator.comparingDouble(Seat::share).reversed());
    int[] taken = new int[first.squares()];
    boolean[] seated = new boolean[whole.variance.length];
    int[] units = new int[first.squares() * first.units()];
    for (Seat seat : seats) {
      if (!seated[seat.unit] && taken[seat.square] < first.units()) {
        units[seat.square * first.units() + taken[seat.square]++] = seat.unit;
        seated[seat.unit] = true;
      }
    }
    return units;
  }

  /** Where the image has the numbers of a square. */
  private int[] inputs(int square) {
    int side = first.side();
    int across = first.width() / side;
    int[] places = new int[first.inputs()];
    for (int k = 0; k < places.length; k++) {
      int channel = k / (side * side);
      int row = square / across * side + k / side % side;
      int column = square % across * side + k % side;
      places[k] = (channel * first.height() + row) * first.width() + column;
    }
    return places;
  }

  private static Matrix columns(Matrix of, int[] which) {
    return Matrix.filled(
        of.rows(),
        which.length,
        values -> {
          for (int i = 0; i < values.length; i++) {
            values[i] = of.get(i / which.length, which[i % which.length]);
          }
        });
  }
}
