package io.rankfall.train;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.rankfall.train.graph.LayerGraph;
import io.rankfall.train.graph.NamedGraph;
import java.util.List;

/** What is trained. */
@JsonTypeInfo(use = JsonTypeInfo.Id.DEDUCTION)
@JsonSubTypes({
  @JsonSubTypes.Type(Mlp.class),
  @JsonSubTypes.Type(NamedArchitecture.class),
  @JsonSubTypes.Type(LocalPerceptron.class),
  @JsonSubTypes.Type(CutArchitecture.class)
})
public sealed interface Architecture
    permits Mlp, NamedArchitecture, LocalPerceptron, CutArchitecture {

  /**
   * The architecture of a name: {@code resnet18}, {@code mlp:bn,depth=10,width=100}.
   *
   * @param input shape of the examples
   * @param classes told apart; the vocabulary of a model of text
   * @throws IllegalArgumentException in one line, if there is no such name, or naming the layer
   *     that cannot take such inputs
   */
  static Architecture named(String name, InputShape input, int classes) {
    NamedGraph graph = NamedGraph.parse(name);
    Architecture plain = Mlp.of(graph, input.size(), classes);
    return plain != null ? plain : new NamedArchitecture(graph.toString(), input, classes);
  }

  /** The layers and how they are connected. */
  LayerGraph graph();

  /** The numbers of an example. */
  InputShape inputShape();

  /** Classes told apart. */
  int outputs();

  /** Rows of logits an example: 1, or one for each token. */
  default int targets() {
    List<Integer> logits = graph().output();
    return logits.size() == 1 ? 1 : logits.get(0);
  }

  /** All that fixes it, in words: {@code 784-512-512-10+bn}. */
  String label();

  /** As {@link #label}, shorter where it can be: {@code 784-2x512-10+bn}. */
  String shortLabel();

  /** Inputs an example. */
  default int inputs() {
    return inputShape().size();
  }

  /** Weights, biases and normalisation parameters that are trained. */
  default long parameters() {
    return graph().trainedParameters();
  }

  /**
   * The network before training.
   *
   * @param seed the same seed gives the same weights whatever the rest of the run
   */
  default Network initialize(Initialization initialization, long seed) {
    return Network.drawn(this, initialization, seed);
  }
}
