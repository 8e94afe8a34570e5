package io.rankfall.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Rows of text in aligned columns: the first and those without a heading to the left, the others to
 * the right.
 */
final class Table {
  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... header) {
    this.header = List.of(header);
  }

  void add(String... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          "row: expected %d cells, found %d".formatted(header.size(), cells.length));
    }
    rows.add(List.of(cells));
  }

  /** Lines of equal width, the header first. */
  List<String> lines() {
    int[] widths = new int[header.size()];
    List<List<String>> all = new ArrayList<>();
    all.add(header);
    all.addAll(rows);
    for (List<String> row : all) {
      for (int c = 0; c < widths.length; c++) {
        widths[c] = Math.max(widths[c], row.get(c).codePointCount(0, row.get(c).length()));
      }
    }
    return all.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String cell = row.get(c);
      String padding = " ".repeat(widths[c] - cell.codePointCount(0, cell.length()));
      boolean left = c == 0 || header.get(c).isEmpty();
      line.append(c == 0 ? "" : "  ").append(left ? cell + padding : padding + cell);
    }
    return line.toString().stripTrailing();
  }
}
