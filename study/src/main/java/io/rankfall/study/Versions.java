package io.rankfall.study;

import io.rankfall.study.Results.Library;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/** The version of Rankfall and of the libraries its numbers depend on, as built. */
public record Versions(String rankfall, List<Library> libraries) {
  public Versions {
    libraries = List.copyOf(libraries);
  }

  /** Reads what the build wrote. */
  public static Versions ofBuild() {
    Properties p = new Properties();
    try (InputStream in = Versions.class.getResourceAsStream("versions.properties")) {
      p.load(Objects.requireNonNull(in, "versions.properties on the class path"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Versions(
        p.getProperty("rankfall"),
        List.of(
            new Library("oneDNN", p.getProperty("onednn")),
            new Library("OpenBLAS", p.getProperty("openblas")),
            new Library("ONNX Runtime", p.getProperty("onnxruntime")),
            new Library("DJL", p.getProperty("djl")),
            new Library("PyTorch", p.getProperty("pytorch")),
            new Library("ECharts", p.getProperty("echarts"))));
  }
}
