package io.rankfall.train;

import io.rankfall.spectra.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The oracle of the learners: the same mathematics in double precision and naive loops. */
final class ReferenceMlp {
  private static final double EPSILON = 1e-5;
  private static final double RUNNING = 0.1;

  /** A parameter with its momentum buffer and its last gradient. */
  static final class Parameter {
    final String name;
    final double[] values;
    final double[] velocity;
    final double[] gradient;

    Parameter(String name, Matrix initial) {
      float[] floats = initial.toArray();
      this.name = name;
      this.values = new double[floats.length];
      this.velocity = new double[floats.length];
      this.gradient = new double[floats.length];
      for (int i = 0; i < floats.length; i++) {
        values[i] = floats[i];
      }
    }

    /** SGD with heavy-ball or Nesterov's momentum. */
    void update(Optimizer optimizer, double rate) {
      boolean decays = optimizer.decayOn() == Optimizer.DecayOn.ALL || name.endsWith(".weight");
      double wd = decays ? optimizer.weightDecay() : 0;
      double m = optimizer.momentum();
      for (int i = 0; i < values.length; i++) {
        double decayed = gradient[i] + wd * values[i];
        velocity[i] = m * velocity[i] + decayed;
        boolean nesterov = optimizer.method() == Optimizer.Method.NESTEROV;
        values[i] -= rate * (nesterov ? decayed + m * velocity[i] : velocity[i]);
      }
    }
  }

  private static final class Layer {
    final int in;
    final int out;
    final Parameter weight;
    final Parameter bias;
    final boolean normalized;
    final Parameter gamma;
    final Parameter beta;
    final double[] runningMean;
    final double[] runningVariance;

    double[][] x = {};
    double[][] hat = {};
    double[] deviation = {};
    double[][] y = {};

    Layer(Network.Layer from) {
      in = from.weight().cols();
      out = from.weight().rows();
      weight = new Parameter(from.name() + ".weight", from.weight());
      bias = new Parameter(from.name() + ".bias", from.bias());
      normalized = from.batchNorm() != null;
      BatchNorm norm = from.batchNorm() == null ? BatchNorm.initial(out) : from.batchNorm();
      gamma = new Parameter(from.name() + ".gamma", norm.gamma());
      beta = new Parameter(from.name() + ".beta", norm.beta());
      runningMean = new Parameter("", norm.runningMean()).values;
      runningVariance = new Parameter("", norm.runningVariance()).values;
    }

    void parameters(Consumer<Parameter> each) {
      each.accept(weight);
      each.accept(bias);
      if (normalized) {
        each.accept(gamma);
        each.accept(beta);
      }
    }
  }

  private final List<Layer> layers = new ArrayList<>();
  private final Optimizer optimizer;
  private final Loss loss;

  ReferenceMlp(Network initial, Optimizer optimizer) {
    this(initial, optimizer, Loss.CROSS_ENTROPY);
  }

  ReferenceMlp(Network initial, Optimizer optimizer, Loss loss) {
    this.loss = loss;
    initial.layers().forEach(layer -> layers.add(new Layer(layer)));
    this.optimizer = optimizer;
  }

  List<Parameter> parameters() {
    List<Parameter> all = new ArrayList<>();
    layers.forEach(layer -> layer.parameters(all::add));
    return all;
  }

  /** Mean loss of the batch with its own statistics, changing nothing but scratch space. */
  double trainingLoss(Batch batch) {
    return loss(batch, forward(inputs(batch), true, false));
  }

  double[][] evaluationLogits(Batch batch) {
    return forward(inputs(batch), false, false);
  }

  double loss(Batch batch, double[][] logits) {
    double sum = 0;
    for (int i = 0; i < batch.size(); i++) {
      if (loss == Loss.MSE) {
        for (int c = 0; c < logits[i].length; c++) {
          sum += Math.pow(logits[i][c] - onehot(batch, i, c), 2) / logits[i].length;
        }
      } else {
        sum -= Math.log(softmax(logits[i])[batch.label(i)]);
      }
    }
    return sum / batch.size();
  }

  double step(Batch batch, double rate) {
    double[][] logits = forward(inputs(batch), true, true);
    double before = loss(batch, logits);
    double[][] delta = new double[batch.size()][];
    for (int i = 0; i < batch.size(); i++) {
      int classes = logits[i].length;
      delta[i] = loss == Loss.MSE ? logits[i].clone() : softmax(logits[i]);
      for (int c = 0; c < classes; c++) {
        double factor = loss == Loss.MSE ? 2.0 / classes : 1;
        delta[i][c] = factor * (delta[i][c] - onehot(batch, i, c)) / batch.size();
      }
    }
    for (int l = layers.size() - 1; l >= 0; l--) {
      delta = backward(layers.get(l), delta, l < layers.size() - 1);
    }
    for (Parameter p : parameters()) {
      p.update(optimizer, rate);
    }
    return before;
  }

  private static double onehot(Batch batch, int example, int label) {
    return batch.label(example) == label ? 1 : 0;
  }

  private double[][] forward(double[][] x, boolean training, boolean moveStatistics) {
    for (int l = 0; l < layers.size(); l++) {
      Layer layer = layers.get(l);
      layer.x = x;
      double[][] y = new double[x.length][layer.out];
      for (int i = 0; i < x.length; i++) {
        for (int o = 0; o < layer.out; o++) {
          double sum = layer.bias.values[o];
          for (int k = 0; k < layer.in; k++) {
            sum += layer.weight.values[o * layer.in + k] * x[i][k];
          }
          y[i][o] = sum;
        }
      }
      if (layer.normalized) {
        normalize(layer, y, training, moveStatistics);
      }
      if (l < layers.size() - 1) {
        for (double[] row : y) {
          for (int o = 0; o < row.length; o++) {
            row[o] = row[o] > 0 ? row[o] : 0;
          }
        }
      }
      layer.y = y;
      x = y;
    }
    return x;
  }

  private static void normalize(Layer layer, double[][] z, boolean training, boolean move) {
    int rows = z.length;
    layer.hat = new double[rows][layer.out];
    layer.deviation = new double[layer.out];
    for (int o = 0; o < layer.out; o++) {
      double mean = layer.runningMean[o];
      double variance = layer.runningVariance[o];
      if (training) {
        mean = 0;
        for (double[] row : z) {
          mean += row[o] / rows;
        }
        double squares = 0;
        for (double[] row : z) {
          squares += (row[o] - mean) * (row[o] - mean);
        }
        variance = squares / rows;
        if (move) {
          layer.runningMean[o] += RUNNING * (mean - layer.runningMean[o]);
          if (rows > 1) {
            layer.runningVariance[o] += RUNNING * (squares / (rows - 1) - layer.runningVariance[o]);
          }
        }
      }
      layer.deviation[o] = Math.sqrt(variance + EPSILON);
      for (int i = 0; i < rows; i++) {
        layer.hat[i][o] = (z[i][o] - mean) / layer.deviation[o];
        z[i][o] = layer.gamma.values[o] * layer.hat[i][o] + layer.beta.values[o];
      }
    }
  }

  private static double[][] backward(Layer layer, double[][] delta, boolean relu) {
    int rows = delta.length;
    if (relu) {
      for (int i = 0; i < rows; i++) {
        for (int o = 0; o < layer.out; o++) {
          delta[i][o] = layer.y[i][o] > 0 ? delta[i][o] : 0;
        }
      }
    }
    if (layer.normalized) {
      for (int o = 0; o < layer.out; o++) {
        double sum = 0;
        double product = 0;
        for (int i = 0; i < rows; i++) {
          sum += delta[i][o];
          product += delta[i][o] * layer.hat[i][o];
        }
        layer.beta.gradient[o] = sum;
        layer.gamma.gradient[o] = product;
        double factor = layer.gamma.values[o] / layer.deviation[o];
        for (int i = 0; i < rows; i++) {
          delta[i][o] = factor * (delta[i][o] - sum / rows - layer.hat[i][o] * product / rows);
        }
      }
    }
    double[][] previous = new double[rows][layer.in];
    for (int o = 0; o < layer.out; o++) {
      layer.bias.gradient[o] = 0;
      for (int i = 0; i < rows; i++) {
        layer.bias.gradient[o] += delta[i][o];
      }
      for (int k = 0; k < layer.in; k++) {
        int w = o * layer.in + k;
        layer.weight.gradient[w] = 0;
        for (int i = 0; i < rows; i++) {
          layer.weight.gradient[w] += delta[i][o] * layer.x[i][k];
          previous[i][k] += delta[i][o] * layer.weight.values[w];
        }
      }
    }
    return previous;
  }

  private static double[] softmax(double[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (double z : logits) {
      max = Math.max(max, z);
    }
    double[] p = new double[logits.length];
    double sum = 0;
    for (int c = 0; c < p.length; c++) {
      p[c] = Math.exp(logits[c] - max);
      sum += p[c];
    }
    for (int c = 0; c < p.length; c++) {
      p[c] /= sum;
    }
    return p;
  }

  private static double[][] inputs(Batch batch) {
    float[] flat = new float[batch.size() * batch.features()];
    batch.copyInputs(flat);
    double[][] rows = new double[batch.size()][batch.features()];
    for (int i = 0; i < flat.length; i++) {
      rows[i / batch.features()][i % batch.features()] = flat[i];
    }
    return rows;
  }

  /** The current parameters, rounded. */
  Network network(Network like) {
    List<Network.Layer> rounded = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      Layer layer = layers.get(l);
      rounded.add(
          new Network.Layer(
              like.layers().get(l).name(),
              Matrix.of(layer.out, layer.in, floats(layer.weight.values)),
              row(layer.bias.values),
              layer.normalized
                  ? new BatchNorm(
                      row(layer.gamma.values),
                      row(layer.beta.values),
                      row(layer.runningMean),
                      row(layer.runningVariance))
                  : null));
    }
    return new Network((Mlp) like.architecture(), rounded);
  }

  private static Matrix row(double[] values) {
    return Matrix.of(1, values.length, floats(values));
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
