package io.rankfall.compress;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The tensors of a safetensors file or of several with an index, none of them read yet.
 *
 * @param path the file or the index
 * @param tensors by their names, in the order of the file or of the index
 * @param types their types as the files call them, also those that are not known here
 * @param metadata of all files; where they differ the first one's
 * @param unlisted tensors of the files that the index does not name
 */
record SafetensorsSource(
    Path path,
    Map<String, StoredTensor> tensors,
    Map<String, String> types,
    Map<String, String> metadata,
    List<SkippedWeight> unlisted) {

  private static final String INDEX = ".index.json";
  private static final String INDEX_IN_FOLDER = "model.safetensors.index.json";

  /** Whether the path is a folder with safetensors files and their index. */
  static boolean isSharded(Path path) {
    return Files.isRegularFile(path.resolve(INDEX_IN_FOLDER));
  }

  /** Whether the path, by its name, is a safetensors file, an index or a folder with one. */
  static boolean isNamed(Path path) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    return isSharded(path) || name.endsWith(INDEX) || name.endsWith(".safetensors");
  }

  /**
   * Reads the headers.
   *
   * @param path as {@link #isNamed} tells
   * @throws ModelFormatException in one line, if a file is damaged or is not beside its index
   */
  static SafetensorsSource open(Path path) throws IOException {
    if (isSharded(path)) {
      return ofIndex(path.resolve(INDEX_IN_FOLDER));
    }
    return path.toString().toLowerCase(Locale.ROOT).endsWith(INDEX) ? ofIndex(path) : ofFile(path);
  }

  private static SafetensorsSource ofFile(Path path) throws IOException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    Map<String, String> types = new HashMap<>();
    SafetensorsFile file = SafetensorsFile.read(path);
    for (SafetensorsFile.Entry entry : file.entries()) {
      tensors.put(entry.name(), file.stored(entry));
      types.put(entry.name(), entry.type());
    }
    return new SafetensorsSource(path, tensors, types, file.metadata(), List.of());
  }

  private static SafetensorsSource ofIndex(Path index) throws IOException {
    String name = index.toString();
    JsonNode map = json(index).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new ModelFormatException(name, "weight_map", "an object of tensors and files", "none");
    }
    Map<String, SafetensorsSource> shards = new LinkedHashMap<>();
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    Map<String, String> types = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String where = "weight_map " + entry.getKey();
      String location = entry.getValue().asText("");
      SafetensorsSource shard = shards.get(location);
      if (shard == null) {
        shard = ofFile(ExternalData.beside(index, location, where));
        shards.put(location, shard);
      }
      StoredTensor tensor = shard.tensors.remove(entry.getKey());
      if (tensor == null) {
        throw new ModelFormatException(name, where, "a tensor of this name in " + location, "none");
      }
      tensors.put(entry.getKey(), tensor);
      types.put(entry.getKey(), String.valueOf(shard.types.get(entry.getKey())));
    }
    Map<String, String> metadata = new HashMap<>();
    List<SkippedWeight> unlisted = new ArrayList<>();
    shards.forEach(
        (location, shard) -> {
          shard.metadata.forEach(metadata::putIfAbsent);
          String reason = "in %s and not in the index".formatted(location);
          shard.tensors.forEach(
              (tensor, stored) ->
                  unlisted.add(SkippedWeight.of(tensor, stored.shapeText(), reason)));
        });
    return new SafetensorsSource(index, tensors, types, metadata, unlisted);
  }

  static JsonNode json(Path path) throws IOException {
    long most = SafetensorsFile.LONGEST_HEADER;
    long size = FileBytes.size(path);
    if (size > most) {
      throw new ModelFormatException(
          path.toString(), "file", "at most %d bytes".formatted(most), size + "");
    }
    try {
      return SafetensorsFile.JSON.readTree(Files.readAllBytes(path));
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(
          path.toString(), "content", "a JSON object", String.valueOf(e.getOriginalMessage()));
    }
  }
}
