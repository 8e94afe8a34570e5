package io.rankfall.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankfall.compress.ModelFormatException;
import io.rankfall.train.Initialization;
import io.rankfall.train.Mlp;
import io.rankfall.train.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NetworkFileTest {
  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @EnumSource
  void whatWasExportedIsReadToTheBit(Mlp.Normalization normalization) throws IOException {
    Mlp mlp = new Mlp(7, List.of(5, 4), 3, normalization);
    Network network = mlp.initialize(Initialization.PYTORCH, 3);
    Path file = folder.resolve("model.safetensors");
    NetworkExport.safetensors(network, file);
    assertThat(NetworkFile.read(file, mlp)).isEqualTo(network);
  }

  @Test
  void anotherArchitectureIsRefusedInOneLine() throws IOException {
    Mlp mlp = new Mlp(7, List.of(5), 3, Mlp.Normalization.NONE);
    Path file = folder.resolve("model.safetensors");
    NetworkExport.safetensors(mlp.initialize(Initialization.HE, 3), file);
    assertThatThrownBy(
            () -> NetworkFile.read(file, new Mlp(7, List.of(6), 3, Mlp.Normalization.NONE)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("fc1.weight")
        .hasMessageContaining("[5, 7]");
    assertThatThrownBy(
            () -> NetworkFile.read(file, new Mlp(7, List.of(5), 3, Mlp.Normalization.BATCH)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("fc1.norm.weight");
  }
}
