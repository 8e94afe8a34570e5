package io.rankfall.study.sweep;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A part of a YAML document that knows its line. Scalars are taken as they are written. */
final class YamlTree {
  private final String file;
  private final Node node;

  private YamlTree(String file, Node node) {
    this.file = file;
    this.node = node;
  }

  /**
   * The document; empty if there is nothing in it.
   *
   * @param file how messages name it
   */
  static Optional<YamlTree> parse(String file, String yaml) throws SweepFormatException {
    try {
      LoadSettings settings = LoadSettings.builder().setLabel(file).build();
      return new Compose(settings).composeString(yaml).map(node -> new YamlTree(file, node));
    } catch (MarkedYamlEngineException e) {
      String where = e.getProblemMark().map(mark -> line(file, mark)).orElse(file);
      throw new SweepFormatException(where, "expected YAML, found " + e.getProblem());
    } catch (YamlEngineException e) {
      throw new SweepFormatException(file, "expected YAML, found " + e.getMessage());
    }
  }

  private static String line(String file, Mark mark) {
    return file + ":" + (mark.getLine() + 1);
  }

  /** For example {@code sweep.yaml:7}. */
  String where() {
    return node.getStartMark().map(mark -> line(file, mark)).orElse(file);
  }

  SweepFormatException refused(String what, String expected) {
    return new SweepFormatException(
        where(), "%s: expected %s, found %s".formatted(what, expected, kind()));
  }

  private String kind() {
    if (node instanceof ScalarNode scalar) {
      return "'" + scalar.getValue() + "'";
    }
    return node instanceof SequenceNode ? "a list" : "a mapping";
  }

  boolean isMapping() {
    return node instanceof MappingNode;
  }

  boolean isList() {
    return node instanceof SequenceNode;
  }

  /** The text of a scalar. */
  String text(String what) throws SweepFormatException {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw refused(what, "one value");
  }

  /** The elements of a list. */
  List<YamlTree> list(String what) throws SweepFormatException {
    if (node instanceof SequenceNode sequence) {
      return sequence.getValue().stream().map(element -> new YamlTree(file, element)).toList();
    }
    throw refused(what, "a list");
  }

  /** The entries of a mapping, in their order. */
  Map<String, YamlTree> mapping(String what) throws SweepFormatException {
    if (!(node instanceof MappingNode mapping)) {
      throw refused(what, "a mapping");
    }
    Map<String, YamlTree> entries = new LinkedHashMap<>();
    List<NodeTuple> tuples = new ArrayList<>(mapping.getValue());
    for (NodeTuple tuple : tuples) {
      YamlTree key = new YamlTree(file, tuple.getKeyNode());
      String name = key.text("name");
      if (entries.put(name, new YamlTree(file, tuple.getValueNode())) != null) {
        throw new SweepFormatException(key.where(), name + ": expected once, found twice");
      }
    }
    return entries;
  }
}
