package io.rankfall.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Which package may use which: a module those above it in the build, never one below. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.rankfall");

  @Test
  void modulesUseOnlyThoseAboveThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("spectra")
        .definedBy("io.rankfall.spectra..")
        .layer("compress")
        .definedBy("io.rankfall.compress..")
        .layer("djl")
        .definedBy("io.rankfall.djl..")
        .layer("train")
        .definedBy("io.rankfall.train..")
        .layer("study")
        .definedBy("io.rankfall.study..")
        .layer("spark")
        .definedBy("io.rankfall.spark..")
        .layer("cli")
        .definedBy("io.rankfall.cli..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("spark")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("study")
        .mayOnlyBeAccessedByLayers("spark", "cli")
        .whereLayer("train")
        .mayOnlyBeAccessedByLayers("study", "spark", "cli")
        .whereLayer("djl")
        .mayOnlyBeAccessedByLayers("train", "study", "spark", "cli")
        .whereLayer("compress")
        .mayOnlyBeAccessedByLayers("djl", "train", "study", "spark", "cli")
        .check(CLASSES);
  }

  @Test
  void nothingGoesInCircles() {
    slices().matching("io.rankfall.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void nativeLibrariesStandBehindOneModuleEach() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.rankfall.spectra..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco.openblas..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackages("io.rankfall.compress..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.onnxruntime..", "ai.onnx.proto..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackages("io.rankfall.djl..", "io.rankfall.train..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(CLASSES);
  }

  @Test
  void onlyTheSparkModuleUsesSpark() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.rankfall.spark..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.spark..", "scala..")
        .check(CLASSES);
  }

  @Test
  void onlyTheCommandLinePrintsOrExits() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(Main.class.getName())
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .check(CLASSES);
  }
}
