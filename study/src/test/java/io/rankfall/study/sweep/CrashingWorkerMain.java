package io.rankfall.study.sweep;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A worker whose process ends in the middle of trainings with certain batch sizes. */
final class CrashingWorkerMain {
  static final int ALWAYS = 5;
  static final int ONCE = 6;

  private CrashingWorkerMain() {}

  public static void main(String[] args) {
    Path marker = Path.of(System.getProperty("marker"));
    PrintWriter watching =
        new PrintWriter(PrintWriter.nullWriter()) {
          private int lines;

          @Override
          public void println(String line) {
            lines = line.contains("\"started\"") ? 0 : lines + 1;
            System.out.println(line);
            if (lines == 2 && Crash.of(marker)) {
              System.err.println("it crashes");
              Runtime.getRuntime().halt(99);
            }
          }
        };
    Worker.work(Trials.dataset(), new Crash.Watch(System.in), watching);
  }

  /** Knows from the tasks that pass by what is trained. */
  private static final class Crash {
    private static volatile int batchSize;

    private Crash() {}

    static boolean of(Path marker) {
      try {
        if (batchSize == ONCE && Files.notExists(marker)) {
          Files.createFile(marker);
          return true;
        }
        return batchSize == ALWAYS;
      } catch (IOException e) {
        return true;
      }
    }

    private static final class Watch extends java.io.FilterInputStream {
      Watch(java.io.InputStream in) {
        super(in);
      }

      @Override
      public int read(byte[] to, int from, int count) throws IOException {
        int read = super.read(to, from, count);
        if (read > 0) {
          String text = new String(to, from, read, StandardCharsets.UTF_8);
          for (int size : new int[] {ALWAYS, ONCE, 16, 32}) {
            if (text.contains("\"batchSize\":" + size + ",")) {
              batchSize = size;
            }
          }
        }
        return read;
      }
    }
  }
}
