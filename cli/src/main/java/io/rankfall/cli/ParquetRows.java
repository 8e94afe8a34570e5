package io.rankfall.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;
import org.jspecify.annotations.Nullable;

/** Rows with the same columns as a Parquet file; the first one says which. */
final class ParquetRows implements Closeable {
  /** So much is held in memory before it is written. */
  private static final long ROW_GROUP_BYTES = 16L << 20;

  private final OutputStream out;
  private @Nullable MessageType schema;
  private @Nullable ParquetWriter<Group> writer;

  /**
   * @param out left open, and no Parquet file before {@link #close}
   */
  ParquetRows(OutputStream out) {
    this.out = out;
  }

  void write(Map<String, Cell> row) throws IOException {
    if (schema == null || writer == null) {
      schema = schema(row);
      writer =
          ExampleParquetWriter.builder(new Target(out))
              .withConf(new PlainParquetConfiguration())
              .withType(schema)
              .withCompressionCodec(CompressionCodecName.ZSTD)
              .withRowGroupSize(ROW_GROUP_BYTES)
              .build();
    }
    Group group = new SimpleGroup(schema);
    row.forEach((name, cell) -> add(group, name, cell.value()));
    writer.write(group);
  }

  private static MessageType schema(Map<String, Cell> row) {
    List<Type> columns = new ArrayList<>();
    row.forEach((name, cell) -> columns.add(column(name, cell.type())));
    return new MessageType("row", columns);
  }

  private static Type column(String name, Cell.Type type) {
    return switch (type) {
      case TEXT ->
          Types.optional(PrimitiveTypeName.BINARY)
              .as(LogicalTypeAnnotation.stringType())
              .named(name);
      case WHOLE -> Types.optional(PrimitiveTypeName.INT32).named(name);
      case LONG -> Types.optional(PrimitiveTypeName.INT64).named(name);
      case NUMBER -> Types.optional(PrimitiveTypeName.DOUBLE).named(name);
    };
  }

  private static void add(Group group, String name, @Nullable Object value) {
    if (value instanceof String text) {
      group.add(name, text);
    } else if (value instanceof Integer whole) {
      group.add(name, whole);
    } else if (value instanceof Long whole) {
      group.add(name, whole);
    } else if (value instanceof Double number) {
      group.add(name, number);
    }
  }

  /** Ends the file. */
  @Override
  public void close() throws IOException {
    if (writer != null) {
      writer.close();
    }
  }

  /** A stream that Parquet may write to, and that is not closed by it. */
  private record Target(OutputStream out) implements OutputFile {
    @Override
    public PositionOutputStream create(long blockSizeHint) {
      return new Counted(out);
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSizeHint) {
      return new Counted(out);
    }

    @Override
    public boolean supportsBlockSize() {
      return false;
    }

    @Override
    public long defaultBlockSize() {
      return 0;
    }
  }

  private static final class Counted extends PositionOutputStream {
    private final OutputStream out;
    private long written;

    Counted(OutputStream out) {
      this.out = out;
    }

    @Override
    public long getPos() {
      return written;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      written++;
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count);
      written += count;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }
  }
}
