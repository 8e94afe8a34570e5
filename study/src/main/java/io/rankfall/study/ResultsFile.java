package io.rankfall.study;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rankfall.compress.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;

/** {@link Results} and {@link RunRecord} as JSON files. */
public final class ResultsFile {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  private ResultsFile() {}

  /** Writes a {@code results.json} or {@code run.json}, whole or not at all. */
  public static void write(Path path, Record content) throws IOException {
    byte[] json = (JSON.writeValueAsString(content) + "\n").getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(path, out -> out.write(json));
  }

  /**
   * Reads a {@code run.json}.
   *
   * @throws IOException in one line, if it is missing, not a run, or of an unknown version
   */
  public static RunRecord readRun(Path path) throws IOException {
    RunRecord run = read(path, RunRecord.class, "a run");
    requireVersion(path, RunRecord.FORMAT_VERSION, run.formatVersion());
    return run;
  }

  /**
   * Reads a {@code results.json}.
   *
   * @throws IOException in one line, if it is missing, not the results of a comparison, or of an
   *     unknown version
   */
  public static Results readResults(Path path) throws IOException {
    Results results = read(path, Results.class, "results");
    requireVersion(path, Results.FORMAT_VERSION, results.formatVersion());
    return results;
  }

  private static void requireVersion(Path path, int expected, int found) throws IOException {
    if (found != expected) {
      throw new IOException(
          "%s: expected format version %d, found %d".formatted(path, expected, found));
    }
  }

  private static <T> T read(Path path, Class<T> type, String expected) throws IOException {
    byte[] json;
    try {
      json = Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw new IOException("%s: expected %s, found no file".formatted(path, expected), e);
    } catch (IOException e) {
      throw new IOException("%s: expected %s, found %s".formatted(path, expected, reason(e)), e);
    }
    try {
      JsonNode tree = JSON.readTree(json);
      // Only epochs with validation examples tell of them.
      for (JsonNode epochs : tree.findValues("epochs")) {
        for (JsonNode epoch : epochs) {
          if (epoch instanceof ObjectNode fields) {
            fields.putIfAbsent("validationLoss", NullNode.instance);
            fields.putIfAbsent("validationAccuracy", NullNode.instance);
          }
        }
      }
      T value = JSON.treeToValue(tree, type);
      if (value == null) {
        throw new IOException("%s: expected %s, found null".formatted(path, expected));
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new IOException("%s: expected %s, found %s".formatted(path, expected, reason(e)), e);
    }
  }

  /** For example {@code Is a directory}, which Java says without the file or with it. */
  private static String reason(IOException e) {
    String text = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return text == null ? e.getClass().getSimpleName() : text;
  }

  /** Names the field where a value is missing or of another kind. */
  private static String reason(JsonProcessingException e) {
    if (!(e instanceof MismatchedInputException mismatch)) {
      return e.getOriginalMessage().lines().findFirst().orElse("");
    }
    String field =
        mismatch.getPath().stream()
            .map(JsonMappingException.Reference::getFieldName)
            .filter(Objects::nonNull)
            .collect(Collectors.joining("."));
    return field.isEmpty() ? "another JSON value" : "none or another value of " + field;
  }
}
