package dev.rollcall.registry;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.rollcall.registry", importOptions = DoNotIncludeTests.class)
class RegistryRulesTest {
    /** A gateway embeds this jar: it brings Vert.x and nothing else of ours. */
    @ArchTest
    static final ArchRule STANDS_ON_VERTX_ALONE = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "dev.rollcall.registry..",
                    "io.vertx.core..",
                    "io.netty..",
                    "org.slf4j..",
                    "org.jspecify..",
                    "java..");

    @ArchTest
    static final ArchRule NO_CYCLES =
            slices().matching("dev.rollcall.registry.(*)..").should().beFreeOfCycles();

    /** What a record is must not depend on how it is kept, shown or resolved. */
    @ArchTest
    static final ArchRule THE_MODEL_KNOWS_NOBODY = noClasses()
            .that()
            .resideInAPackage("..registry.model..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "..registry.table..",
                    "..registry.local..",
                    "..registry.check..",
                    "..registry.dns..",
                    "..registry.resolver..",
                    "..registry.port..");
}
