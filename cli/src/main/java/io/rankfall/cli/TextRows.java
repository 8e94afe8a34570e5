package io.rankfall.cli;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.rankfall.compress.IoConsumer;
import java.io.IOException;
import java.io.Writer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows with the same columns as lines of text. */
final class TextRows {
  private TextRows() {}

  /** One object a line. */
  static IoConsumer<Map<String, Cell>> json(Writer writer) {
    JsonMapper json = new JsonMapper();
    return row -> writer.write(json.writeValueAsString(row) + "\n");
  }

  /** With a header. */
  static IoConsumer<Map<String, Cell>> csv(Writer writer) {
    return new Csv(writer);
  }

  private static final class Csv implements IoConsumer<Map<String, Cell>> {
    private final Writer writer;
    private @Nullable ObjectWriter csv;

    Csv(Writer writer) {
      this.writer = writer;
    }

    @Override
    public void accept(Map<String, Cell> row) throws IOException {
      if (csv == null) {
        CsvSchema.Builder schema = CsvSchema.builder();
        row.keySet().forEach(schema::addColumn);
        csv = new CsvMapper().writer(schema.build());
        writer.write(String.join(",", row.keySet()) + "\n");
      }
      writer.write(csv.writeValueAsString(row));
    }
  }
}
