package io.rankfall.compress;

import java.util.Optional;

/**
 * Examples to measure a model on.
 *
 * @param name where they come from, for reports
 * @param labels what the outputs should be, a row for each row of outputs; a class is its number
 */
public record LabelledInputs(String name, ModelInputs inputs, Optional<Rows> labels) {

  public static LabelledInputs read(java.nio.file.Path path) throws java.io.IOException {
    return new LabelledInputs(path.toString(), ModelInputs.read(path), Optional.empty());
  }
}
