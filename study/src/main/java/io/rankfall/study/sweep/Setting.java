package io.rankfall.study.sweep;

import io.rankfall.train.Augmentation;
import io.rankfall.train.Initialization;
import io.rankfall.train.LearnerKind;
import io.rankfall.train.Loss;
import io.rankfall.train.Mlp;
import io.rankfall.train.Optimizer;
import io.rankfall.train.RunSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a sweep can vary, or fix for all its runs. */
public enum Setting {
  BATCH_SIZE("batchSize", Kind.WHOLE) {
    @Override
    void set(RunSettings settings, String text) {
      settings.batchSize(whole(text));
    }
  },
  LEARNING_RATE("learningRate", Kind.NUMBER) {
    @Override
    void set(RunSettings settings, String text) {
      settings.learningRate(number(text));
    }
  },
  WEIGHT_DECAY("weightDecay", Kind.NUMBER) {
    @Override
    void set(RunSettings settings, String text) {
      settings.weightDecay(number(text));
    }
  },
  MOMENTUM("momentum", Kind.NUMBER) {
    @Override
    void set(RunSettings settings, String text) {
      settings.momentum(number(text));
    }
  },
  /** Its name, for example {@code resnet18}, instead of {@code hidden} and {@code batchNorm}. */
  ARCHITECTURE("architecture", Kind.WORD) {
    @Override
    void set(RunSettings settings, String text) {
      settings.architecture(text);
    }
  },
  /** Widths, for example {@code 100,50}, or {@code 10x100} for ten layers of a hundred. */
  HIDDEN("hidden", Kind.LIST) {
    @Override
    void set(RunSettings settings, String text) {
      settings.hidden(widths(text));
    }
  },
  BATCH_NORM("batchNorm", Kind.WORD) {
    @Override
    void set(RunSettings settings, String text) {
      settings.normalization(
          word(
              text,
              List.of("false", "true"),
              w -> w.equals("true") ? Mlp.Normalization.BATCH : Mlp.Normalization.NONE));
    }
  },
  INITIALIZATION("initialization", Kind.WORD) {
    @Override
    void set(RunSettings settings, String text) {
      settings.initialization(constant(text, Initialization.values()));
    }
  },
  OPTIMIZER("optimizer", Kind.WORD) {
    @Override
    void set(RunSettings settings, String text) {
      settings.method(constant(text, Optimizer.Method.values()));
    }
  },
  DECAY_ON("decayOn", Kind.WORD) {
    @Override
    void set(RunSettings settings, String text) {
      settings.decayOn(constant(text, Optimizer.DecayOn.values()));
    }
  },
  /** 0 for no clipping. */
  CLIP_NORM("clipNorm", Kind.NUMBER) {
    @Override
    void set(RunSettings settings, String text) {
      settings.clipNorm(number(text));
    }
  },
  LOSS("loss", Kind.WORD) {
    @Override
    void set(RunSettings settings, String text) {
      settings.loss(constant(text, Loss.values()));
    }
  },
  /** How training images are changed, for example {@code crop=2,flip}. */
  AUGMENTATION("augmentation", Kind.WORD) {
    @Override
    void set(RunSettings settings, String text) {
      settings.augmentation(Augmentation.parse(text));
    }
  },
  EPOCHS("epochs", Kind.WHOLE) {
    @Override
    void set(RunSettings settings, String text) {
      settings.epochs(whole(text));
    }
  },
  MILESTONES("milestones", Kind.LIST) {
    @Override
    void set(RunSettings settings, String text) {
      settings.milestones(text.isEmpty() ? List.of() : wholes(text));
    }
  },
  DECAY_FACTOR("decayFactor", Kind.NUMBER) {
    @Override
    void set(RunSettings settings, String text) {
      settings.decayFactor(number(text));
    }
  },
  /** 0 for no cosine. */
  COSINE_EPOCHS("cosineEpochs", Kind.WHOLE) {
    @Override
    void set(RunSettings settings, String text) {
      settings.cosineEpochs(whole(text));
    }
  },
  COSINE_FLOOR("cosineFloor", Kind.NUMBER) {
    @Override
    void set(RunSettings settings, String text) {
      settings.cosineFloor(number(text));
    }
  },
  /** 0 for no warm-up. */
  WARM_UP_EPOCHS("warmUpEpochs", Kind.WHOLE) {
    @Override
    void set(RunSettings settings, String text) {
      settings.warmUpEpochs(whole(text));
    }
  },
  /** Where it is not set, the fastest engine that can train so. */
  LEARNER("learner", Kind.WORD) {
    @Override
    void set(RunSettings settings, String text) {
      settings.learner(constant(text, LearnerKind.values()));
    }
  };

  /** Which values a setting takes. */
  enum Kind {
    WHOLE,
    NUMBER,
    WORD,
    LIST
  }

  private static final int MOST_LAYERS = 1000;

  private final String key;
  private final Kind kind;

  Setting(String key, Kind kind) {
    this.key = key;
    this.kind = kind;
  }

  /** The name in specifications. */
  public String key() {
    return key;
  }

  Kind kind() {
    return kind;
  }

  /**
   * Gives the settings this value.
   *
   * @throws IllegalArgumentException that says what was expected and found
   */
  abstract void set(RunSettings settings, String text);

  /**
   * The setting of a name; {@code lr} stands for learningRate.
   *
   * @throws IllegalArgumentException that lists the names, if there is none such
   */
  static Setting of(String key) {
    String full = key.equals("lr") ? LEARNING_RATE.key : key;
    return Arrays.stream(values())
        .filter(setting -> setting.key.equals(full))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException(expected(names(values(), s -> s.key), key)));
  }

  private static <T> String names(T[] values, Function<T, String> name) {
    return "one of " + Arrays.stream(values).map(name).collect(Collectors.joining(", "));
  }

  static String expected(String what, String found) {
    return "expected %s, found '%s'".formatted(what, found);
  }

  static int whole(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(expected("a whole number", text), e);
    }
  }

  static double number(String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(expected("a number", text), e);
    }
  }

  private static List<Integer> wholes(String text) {
    return Arrays.stream(text.split(",", -1)).map(Setting::whole).toList();
  }

  private static List<Integer> widths(String text) {
    List<Integer> widths = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String[] factors = part.split("x", -1);
      int count = factors.length == 2 ? whole(factors[0]) : 1;
      if (factors.length > 2 || count < 1 || count > MOST_LAYERS) {
        throw new IllegalArgumentException(expected("widths such as 100,50 or 10x100", text));
      }
      for (int i = 0; i < count; i++) {
        widths.add(whole(factors[factors.length - 1]));
      }
    }
    return widths;
  }

  private static <T> T word(String text, List<String> words, Function<String, T> value) {
    String word = text.strip().toLowerCase(Locale.ROOT);
    if (!words.contains(word)) {
      throw new IllegalArgumentException(expected("one of " + String.join(", ", words), text));
    }
    return value.apply(word);
  }

  private static <E extends Enum<E>> E constant(String text, E[] constants) {
    return Arrays.stream(constants)
        .filter(constant -> constant.name().equalsIgnoreCase(text.strip()))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException(expected(names(constants, Enum::name), text)));
  }
}
