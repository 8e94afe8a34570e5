package io.rankfall.cli;

import io.rankfall.study.Versions;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code rankfall} command. */
@Command(
    name = "rankfall",
    mixinStandardHelpOptions = true,
    versionProvider = Main.BuildVersion.class,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Trains neural networks so that they compress, shows why they do, and compresses them.",
      ""
    },
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:fine",
      " 1:a finding: a budget that cannot be met, a training that diverged, missed its goal or was paused when its"
          + " time was up, a failed run, NaN weights, a theorem that does not hold, a rank out of reach",
      " 2:wrong usage",
      " 3:failure: unreadable input, unwritable output",
      "130:interrupted (143 by SIGTERM)"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rankfall demo                               the whole story on Fashion-MNIST, with a report",
      "  rankfall train --batch-size 16 --weight-decay 1e-3 --out run",
      "  rankfall inspect run/model.onnx",
      "  rankfall compress run/model.onnx --params 0.125 --out small.onnx",
      "  rankfall sweep ten-minutes                  many trainings side by side, into a study",
      "  rankfall report ten-minutes.db              the study as one HTML file",
      "  rankfall theory --preset one-example        the theorem held against a training",
      "",
      "'rankfall help COMMAND' tells the options of a command."
    },
    subcommands = {
      DemoCommand.class,
      TrainCommand.class,
      DataCommand.class,
      InspectCommand.class,
      CompressCommand.class,
      ShrinkCommand.class,
      ExportCommand.class,
      ArchitecturesCommand.class,
      SweepCommand.class,
      RunsCommand.class,
      StatisticsCommand.class,
      TheoryCommand.class,
      PlanCommand.class,
      GeneralizationCommand.class,
      ReportCommand.class,
      WorkerCommand.class,
      HelpCommand.class
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  private Main() {}

  /** Runs a command line and ends the process with its exit code. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT);
    StandardOutput output = new StandardOutput();
    Console console =
        new Console(
            new PrintWriter(output, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            Boolean.getBoolean("rankfall.terminal"));
    AtomicBoolean finished = new AtomicBoolean();
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> sayIfInterrupted(console, finished), "interrupted"));
    int exitCode = ExitCode.FAILURE;
    try {
      exitCode = output.checked(run(console, args), console);
    } catch (OutOfMemoryError e) {
      console.endStatus();
      console
          .err()
          .printf(
              "rankfall: memory: expected more than %d MiB of heap; set RANKFALL_JAVA_OPTS=-Xmx4g%n",
              Runtime.getRuntime().maxMemory() >> 20);
    } finally {
      finished.set(true);
    }
    System.exit(exitCode);
  }

  private static void sayIfInterrupted(Console console, AtomicBoolean finished) {
    if (finished.get()) {
      console.endStatus();
    } else {
      console.interrupted();
    }
  }

  /** Runs a command line and returns its exit code. */
  static int run(Console console, String... args) {
    return new CommandLine(new Main(), new ConsoleFactory(console))
        .setOut(console.out())
        .setErr(console.err())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(Glob.class, Glob::new)
        .registerConverter(RunFilter.class, RunFilter::new)
        .setUsageHelpWidth(100)
        .setParameterExceptionHandler(new Failures(console))
        .setExecutionExceptionHandler(new Failures(console))
        .execute(args);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command, found none");
  }

  /** The version that the build wrote. */
  static final class BuildVersion implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"rankfall " + Versions.ofBuild().rankfall()};
    }
  }
}
