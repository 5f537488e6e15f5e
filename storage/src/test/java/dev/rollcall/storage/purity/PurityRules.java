package dev.rollcall.storage.purity;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;

/** What a function of (state, input) may not touch: threads, locks, clock, chance, I/O, hash order, locale. */
final class PurityRules {
    private static final Set<String> LOCK_FREE =
            Set.of("ConcurrentNavigableMap", "ConcurrentSkipListMap", "ConcurrentSkipListSet", "ConcurrentLinkedQueue");
    private static final List<String> OUTSIDE_WORLD = List.of(
            "java.io",
            "java.net",
            "java.nio.channels",
            "java.nio.file",
            "java.security",
            "java.sql",
            "java.time",
            "javax",
            "org.sqlite",
            "org.slf4j",
            "com.github.benmanes");
    private static final Set<String> BANNED_CLASSES = Set.of(
            "java.lang.Process",
            "java.lang.ProcessBuilder",
            "java.lang.Runtime",
            "java.lang.Thread",
            "java.lang.ThreadLocal",
            "java.util.HashMap",
            "java.util.HashSet",
            "java.util.Hashtable",
            "java.util.IdentityHashMap",
            "java.util.Locale",
            "java.util.Random",
            "java.util.SplittableRandom",
            "java.util.Timer",
            "java.util.UUID",
            "java.util.WeakHashMap");
    private static final Set<String> BANNED_CALLS = Set.of(
            "java.lang.Math.random",
            "java.lang.Object.hashCode",
            "java.lang.Object.notify",
            "java.lang.Object.notifyAll",
            "java.lang.Object.wait",
            "java.lang.String.format",
            "java.lang.String.formatted",
            "java.lang.String.toLowerCase",
            "java.lang.String.toUpperCase",
            "java.lang.System.currentTimeMillis",
            "java.lang.System.exit",
            "java.lang.System.getProperty",
            "java.lang.System.getenv",
            "java.lang.System.identityHashCode",
            "java.lang.System.nanoTime",
            "java.util.Map.copyOf",
            "java.util.Map.of",
            "java.util.Map.ofEntries",
            "java.util.Set.copyOf",
            "java.util.Set.of",
            "java.util.stream.Collectors.groupingBy",
            "java.util.stream.Collectors.toMap",
            "java.util.stream.Collectors.toSet",
            "java.util.stream.Collectors.toUnmodifiableMap",
            "java.util.stream.Collectors.toUnmodifiableSet");

    private PurityRules() {}

    /** The rules for classes in these packages. */
    static List<ArchRule> pure(String... packages) {
        return List.of(
                noClasses()
                        .that()
                        .resideInAnyPackage(packages)
                        .should()
                        .dependOnClassesThat(bannedClass())
                        .because("a pure package knows no thread, lock, clock, chance, I/O or hash order"),
                noClasses()
                        .that()
                        .resideInAnyPackage(packages)
                        .should()
                        .accessTargetWhere(bannedCall())
                        .because("these calls bring in clock, chance, hash order, locale or the process"),
                noMethods()
                        .that()
                        .areDeclaredInClassesThat()
                        .resideInAnyPackage(packages)
                        .should()
                        .haveModifier(JavaModifier.SYNCHRONIZED)
                        .because("a pure package has no locks"));
    }

    /** SQL is known in one package only. */
    static ArchRule sqlOnlyIn(String home) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(home)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite..");
    }

    private static DescribedPredicate<JavaClass> bannedClass() {
        return describe("are banned from pure packages", PurityRules::isBanned);
    }

    private static boolean isBanned(JavaClass type) {
        String home = type.getPackageName();
        if (home.equals("java.util.concurrent.atomic") || type.getName().equals("java.io.Serializable")) {
            return false;
        }
        if (home.startsWith("java.util.concurrent")) {
            return !LOCK_FREE.contains(type.getSimpleName());
        }
        return BANNED_CLASSES.contains(type.getName())
                || OUTSIDE_WORLD.stream().anyMatch(outside -> home.equals(outside) || home.startsWith(outside + "."));
    }

    private static DescribedPredicate<JavaAccess<?>> bannedCall() {
        return describe(
                "is banned from pure packages",
                access -> BANNED_CALLS.contains(access.getTargetOwner().getName() + "."
                        + access.getTarget().getName()));
    }
}
