package io.rankfall.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Standard output that remembers whether it could be written: print writers do not tell. */
final class StandardOutput extends FilterOutputStream {
  private @Nullable String failure;

  StandardOutput() {
    super(new FileOutputStream(FileDescriptor.out));
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    try {
      out.write(bytes, from, count);
    } catch (IOException e) {
      failure = String.valueOf(e.getMessage());
      throw e;
    }
  }

  /**
   * The exit code, or that of a failure if output was lost; a reader that has seen enough is none.
   */
  int checked(int exitCode, Console console) {
    console.out().flush();
    if (failure == null || failure.contains("Broken pipe")) {
      return exitCode;
    }
    console.err().println("rankfall: standard output: expected room to write, found " + failure);
    return ExitCode.FAILURE;
  }
}
