package io.rankfall.cli;

import io.rankfall.compress.BudgetException;
import io.rankfall.compress.InferenceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** One line to standard error and the exit code for every way a command can fail. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
  private final Console console;

  Failures(Console console) {
    this.console = console;
  }

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    // Of exclusive options, picocli's message has a heading of its own.
    StringBuilder message = new StringBuilder(firstLine(e).replaceFirst("^Error: ", ""));
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      message.append("; did you mean ").append(unmatched.getSuggestions().get(0)).append('?');
    }
    console.failure(message + " (see '" + command + " --help')");
    return ExitCode.USAGE;
  }

  @Override
  public int handleExecutionException(
      Exception e, CommandLine commandLine, ParseResult parseResult) {
    Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
    if (cause instanceof InterruptedException) {
      console.failure("interrupted");
      return ExitCode.INTERRUPTED;
    }
    if (cause instanceof BudgetException) {
      console.failure(firstLine(cause));
      return ExitCode.FINDING;
    }
    if (cause instanceof FileSystemException file) {
      console.failure(
          file.getReason() == null
              ? "%s: %s".formatted(file.getFile(), file.getClass().getSimpleName())
              : firstLine(file));
      return ExitCode.FAILURE;
    }
    if (cause instanceof IOException
        || cause instanceof InferenceException
        || cause instanceof IllegalStateException) {
      console.failure(firstLine(cause));
      return ExitCode.FAILURE;
    }
    if (cause instanceof ParameterException || cause instanceof UsageException) {
      console.failure(firstLine(cause));
      return ExitCode.USAGE;
    }
    if (cause instanceof IllegalArgumentException) {
      console.failure(firstLine(cause));
      return ExitCode.FAILURE;
    }
    console.failure(
        "%s: %s (RANKFALL_DEBUG=1 shows the stack trace)"
            .formatted(cause.getClass().getSimpleName(), firstLine(cause)));
    if (System.getenv("RANKFALL_DEBUG") != null) {
      cause.printStackTrace(console.err());
    }
    return ExitCode.FAILURE;
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
