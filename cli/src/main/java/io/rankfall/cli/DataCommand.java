package io.rankfall.cli;

import io.rankfall.train.data.Contents;
import io.rankfall.train.data.DataFolder;
import io.rankfall.train.data.Datasets;
import io.rankfall.train.data.KnownDataset;
import io.rankfall.train.data.PublishedFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Tells of the known data sets, and fetches them. */
@Command(
    name = "data",
    mixinStandardHelpOptions = true,
    description = {"Tells which data sets are known and whether their files are there.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall data",
      "  rankfall data fetch cifar10",
      "  rankfall train --data cifar10               fetches what is missing, too"
    },
    subcommands = DataCommand.Fetch.class)
final class DataCommand implements Callable<Integer> {
  @Mixin private final DataFolderOption folder = new DataFolderOption();

  private final Console console;

  DataCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    DataFolder where = folder.folder();
    Datasets datasets = Datasets.in(where);
    Table table = new Table("name", "files", "size", "train", "test", "example", "classes", "");
    for (KnownDataset known : KnownDataset.all()) {
      Contents contents = known.contents();
      long bytes = known.files().stream().mapToLong(PublishedFile::bytes).sum();
      table.add(
          known.label(),
          known.files().isEmpty()
              ? "built in"
              : datasets.missing(known).isEmpty() ? "there" : "missing",
          bytes == 0 ? "" : DownloadProgress.megabytes(bytes),
          Integer.toString(contents.train()),
          Integer.toString(contents.test()),
          contents.shape().toString(),
          Integer.toString(contents.classes()),
          known.description());
    }
    table.lines().forEach(console.out()::println);
    console.out().println();
    for (KnownDataset known : KnownDataset.all()) {
      console.out().printf("%s: licence: %s%n", known.label(), known.licence());
    }
    console.out().printf("%nFolder: %s%n", where.path().toAbsolutePath().normalize());
    console.out().flush();
    return ExitCode.OK;
  }

  /** Fetches the files that are missing. */
  @Command(
      name = "fetch",
      mixinStandardHelpOptions = true,
      description = {
        "Fetches the missing files of data sets from where they are published, goes on where an earlier",
        "attempt has stopped, and holds each file against its SHA-256.",
        ""
      })
  static final class Fetch implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Data sets.")
    private List<String> names = new ArrayList<>();

    @Mixin private final DataFolderOption folder = new DataFolderOption();

    private final Console console;

    Fetch(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
      DataFolder where = folder.folder();
      Datasets datasets = Datasets.in(where);
      List<KnownDataset> wanted =
          names.stream().map(name -> UsageException.ifRefused(() -> Datasets.known(name))).toList();
      try {
        for (KnownDataset known : wanted) {
          datasets.fetch(known, new DownloadProgress(console));
        }
      } finally {
        console.endStatus();
      }
      for (KnownDataset known : wanted) {
        console
            .out()
            .printf(
                "%s: %s%n",
                known.label(),
                known.files().isEmpty()
                    ? "built in"
                    : where.of(known).toAbsolutePath().normalize().toString());
      }
      console.out().flush();
      return ExitCode.OK;
    }
  }
}
