package io.rankfall.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;

/** Makes commands, giving those that print the console. */
final class ConsoleFactory implements CommandLine.IFactory {
  private final Console console;

  ConsoleFactory(Console console) {
    this.console = console;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    try {
      Constructor<K> withConsole = type.getDeclaredConstructor(Console.class);
      return withConsole.newInstance(console);
    } catch (NoSuchMethodException e) {
      return CommandLine.defaultFactory().create(type);
    }
  }
}
