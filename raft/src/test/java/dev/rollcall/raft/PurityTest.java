package dev.rollcall.raft;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/** This module is a function of (state, input). What could make two runs of it differ is not in it. */
@AnalyzeClasses(packages = "dev.rollcall.raft", importOptions = ImportOption.DoNotIncludeTests.class)
class PurityTest {
    private static final List<String> BANNED_CLASSES = List.of(
            // threads and time
            "java.lang.Thread",
            "java.lang.ThreadLocal",
            "java.util.Timer",
            "java.util.Date",
            // chance that nobody seeded
            "java.util.Random",
            "java.util.SplittableRandom",
            "java.util.UUID",
            // an order that differs from run to run
            "java.util.HashMap",
            "java.util.HashSet",
            "java.util.IdentityHashMap",
            "java.util.WeakHashMap",
            // a format that depends on the machine
            "java.util.Locale");

    private static final List<String> BANNED_CALLS = List.of(
            "java.lang.System.currentTimeMillis",
            "java.lang.System.nanoTime",
            "java.lang.System.identityHashCode",
            "java.lang.Math.random",
            "java.lang.Object.wait",
            "java.lang.Object.notify",
            "java.lang.Object.notifyAll",
            "java.lang.Object.hashCode",
            "java.util.Collections.shuffle",
            "java.util.Set.of",
            "java.util.Set.copyOf",
            "java.util.Map.of",
            "java.util.Map.ofEntries",
            "java.util.Map.copyOf");

    @ArchTest
    static final ArchRule fewPackagesOfTheJdkOnly = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "dev.rollcall.raft..",
                    "java.lang",
                    "java.lang.invoke",
                    "java.lang.runtime",
                    "java.nio",
                    "java.util",
                    "java.util.function",
                    "java.util.random",
                    "org.jspecify.annotations");

    @ArchTest
    static final ArchRule nothingThatDiffersFromRunToRun = noClasses()
            .should()
            .dependOnClassesThat(DescribedPredicate.describe(
                    "are banned here", (JavaClass used) -> BANNED_CLASSES.contains(used.getName())))
            .orShould()
            .callMethodWhere(DescribedPredicate.describe(
                    "are banned here",
                    (JavaMethodCall call) ->
                            BANNED_CALLS.contains(call.getTargetOwner().getName() + "." + call.getName())));

    @ArchTest
    static final ArchRule coreKnowsNeitherDriverNorCodec = noClasses()
            .that()
            .resideInAPackage("dev.rollcall.raft.core")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.rollcall.raft.driver", "dev.rollcall.raft.codec");

    @ArchTest
    static final ArchRule codecKnowsOnlyMessages = noClasses()
            .that()
            .resideInAPackage("dev.rollcall.raft.codec")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.rollcall.raft.driver");
}
