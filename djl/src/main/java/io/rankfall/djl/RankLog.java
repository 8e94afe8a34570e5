package io.rankfall.djl;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.rankfall.compress.AtomicFile;
import io.rankfall.djl.LayerRank.Measured;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A file that grows by one measurement at a time, and by whole lines only: what a full disk left of
 * a line is cut off again.
 */
final class RankLog {
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> COLUMNS =
      List.of(
          "epoch",
          "batches",
          "layer",
          "rows",
          "cols",
          "outcome",
          "rule",
          "rank",
          "randomRank",
          "stableRank",
          "frobeniusNorm");

  private enum Format {
    CSV,
    JSON_LINES
  }

  private final Path file;
  private final Format format;
  private long whole;

  private RankLog(Path file, Format format) {
    this.file = file;
    this.format = format;
  }

  /**
   * A log that is not begun.
   *
   * @throws IllegalArgumentException if the name ends in neither {@code .csv} nor {@code .jsonl}
   */
  static RankLog at(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".csv")) {
      return new RankLog(file, Format.CSV);
    }
    if (name.endsWith(".jsonl")) {
      return new RankLog(file, Format.JSON_LINES);
    }
    throw new IllegalArgumentException(
        "log of ranks: expected a name that ends in .csv or .jsonl, found " + file);
  }

  /** Takes the place of what was there. */
  void begin() throws IOException {
    AtomicFile.requireTarget(file);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      whole = 0;
      write(channel, format == Format.CSV ? String.join(",", COLUMNS) + "\n" : "");
    }
  }

  void append(RankRecord record) throws IOException {
    String lines = format == Format.CSV ? csv(record) : json(record) + "\n";
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      try {
        write(channel.position(whole), lines);
      } catch (IOException e) {
        channel.truncate(whole);
        throw e;
      }
    }
  }

  private void write(FileChannel channel, String lines) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(lines.getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    whole += bytes.limit();
  }

  private static String csv(RankRecord record) throws JsonProcessingException {
    CsvSchema.Builder schema = CsvSchema.builder();
    COLUMNS.forEach(schema::addColumn);
    ArrayNode rows = JSON.createArrayNode();
    for (LayerRank layer : record.layers()) {
      ObjectNode row = rows.addObject();
      row.put("epoch", record.epoch()).put("batches", record.batches());
      row.put("rule", record.rule().label());
      put(row, layer);
    }
    return new CsvMapper().writer(schema.build()).writeValueAsString(rows);
  }

  private static String json(RankRecord record) throws JsonProcessingException {
    return JSON.writeValueAsString(tree(record));
  }

  /** With spectra, where they were kept. */
  static ObjectNode tree(RankRecord record) {
    ObjectNode line = JSON.createObjectNode();
    line.put("epoch", record.epoch()).put("batches", record.batches());
    line.put("rule", record.rule().label()).put("seconds", record.seconds());
    ArrayNode layers = line.putArray("layers");
    for (LayerRank layer : record.layers()) {
      ObjectNode of = layers.addObject();
      put(of, layer);
      Measured measured = measured(layer);
      if (measured != null && measured.spectrum().isPresent()) {
        ArrayNode values = of.putArray("singularValues");
        for (double sigma : measured.spectrum().get().toArray()) {
          // What is computed is not more exact than single precision.
          values.add((float) sigma);
        }
      }
    }
    return line;
  }

  private static void put(ObjectNode to, LayerRank layer) {
    Measured measured = measured(layer);
    to.put("layer", layer.name()).put("rows", layer.rows()).put("cols", layer.cols());
    to.put("outcome", measured == null ? "NON_FINITE" : "MEASURED");
    to.put("randomRank", layer.randomRank());
    if (measured != null) {
      to.put("rank", measured.rank());
      to.put("stableRank", measured.stableRank());
      to.put("frobeniusNorm", measured.frobeniusNorm());
    }
  }

  private static @Nullable Measured measured(LayerRank layer) {
    return layer.outcome() instanceof Measured measured ? measured : null;
  }
}
