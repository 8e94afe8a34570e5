package io.rankfall.cli;

import io.rankfall.train.Architecture;
import io.rankfall.train.InputShape;
import io.rankfall.train.graph.Family;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "architectures",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the networks that --arch takes, with their options and defaults.",
      "",
      "An option stands behind a colon: --arch vit:depth=4,width=64 or --arch mlp:bn,depth=10,width=100.",
      "Parameters are those for ten classes of 3x32x32 images; of gpt, for 64 of 65 characters.",
      "",
      "Watched are the weights of linear layers (outputs × inputs), of convolutions as C_out × (C_in·k·k),",
      "of attention's query, key, value and output, and the products Wkᵀ·Wq and Wo·Wv of every head. Means",
      "over a network leave out the classifier and 1×1 shortcuts, as the paper does, and the products."
    })
final class ArchitecturesCommand implements Callable<Integer> {
  private static final InputShape IMAGES = new InputShape(3, 32, 32);
  private static final InputShape CHARACTERS = InputShape.flat(64);

  private final Console console;

  ArchitecturesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Table table = new Table("architecture", "parameters", "");
    for (Family family : Family.values()) {
      Architecture architecture =
          family == Family.GPT
              ? Architecture.named(family.id(), CHARACTERS, 65)
              : Architecture.named(family.id(), IMAGES, 10);
      table.add(family.id(), "%,d".formatted(architecture.parameters()), family.description());
      family
          .defaults()
          .forEach((name, usual) -> table.add("", "", "  %s=%s".formatted(name, usual)));
    }
    table.lines().forEach(line -> console.out().println(line.stripTrailing()));
    console.out().flush();
    return ExitCode.OK;
  }
}
