package io.rankfall.benchmarks;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Sentences as the inputs of a BERT-like model: {@code input_ids}, {@code attention_mask} and
 * {@code token_type_ids} in {@code npz} files, one for each multiple of {@value #BUCKET} tokens,
 * shorter sentences padded.
 */
public final class SentenceInputs {
  private static final int BUCKET = 8;

  private SentenceInputs() {}

  /**
   * {@code SentenceInputs TOKENIZER.json SENTENCES.txt FOLDER}: one sentence a line.
   *
   * @throws IllegalArgumentException if there are other than three arguments
   */
  public static void main(String... args) throws IOException {
    if (args.length != 3) {
      throw new IllegalArgumentException("expected TOKENIZER.json SENTENCES.txt FOLDER");
    }
    write(Path.of(args[0]), Files.readAllLines(Path.of(args[1])), Path.of(args[2]));
  }

  static void write(Path tokenizerFile, List<String> sentences, Path folder) throws IOException {
    Map<Integer, List<Encoding>> buckets = new TreeMap<>();
    try (HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(tokenizerFile)
            .optPadding(false)
            .optTruncation(true)
            .optMaxLength(256)
            .build()) {
      for (String sentence : sentences) {
        Encoding encoding = tokenizer.encode(sentence);
        int width = (encoding.getIds().length + BUCKET - 1) / BUCKET * BUCKET;
        buckets.computeIfAbsent(width, w -> new ArrayList<>()).add(encoding);
      }
    }
    Files.createDirectories(folder);
    for (Map.Entry<Integer, List<Encoding>> bucket : buckets.entrySet()) {
      int width = bucket.getKey();
      Path file = folder.resolve("tokens-%04d.npz".formatted(width));
      try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
        write(zip, "input_ids", width, bucket.getValue(), Encoding::getIds);
        write(zip, "attention_mask", width, bucket.getValue(), Encoding::getAttentionMask);
        write(zip, "token_type_ids", width, bucket.getValue(), Encoding::getTypeIds);
      }
    }
  }

  private static void write(
      ZipOutputStream zip,
      String name,
      int width,
      List<Encoding> encodings,
      Function<Encoding, long[]> numbers)
      throws IOException {
    zip.putNextEntry(new ZipEntry(name + ".npy"));
    header(zip, encodings.size(), width);
    for (Encoding encoding : encodings) {
      ByteBuffer row = ByteBuffer.allocate(8 * width).order(ByteOrder.LITTLE_ENDIAN);
      for (long number : numbers.apply(encoding)) {
        row.putLong(number);
      }
      zip.write(row.array());
    }
    zip.closeEntry();
  }

  /** NPY version 1: magic, version, length, then the header padded to a multiple of 64. */
  private static void header(OutputStream out, int rows, int cols) throws IOException {
    String header =
        "{'descr': '<i8', 'fortran_order': False, 'shape': (%d, %d), }".formatted(rows, cols);
    int length = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
    ByteBuffer start = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
    start.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    start.put((byte) 1).put((byte) 0).putShort((short) length);
    out.write(start.array());
    out.write(
        (header + " ".repeat(length - header.length() - 1) + "\n")
            .getBytes(StandardCharsets.US_ASCII));
  }
}
