package dev.rollcall.storage.purity;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pure packages are pure, and the rules that say so can see. */
class PurityTest {
    private static final String ROOT = "dev.rollcall.storage";
    private static final String[] PURE = Stream.of("mvcc", "lease", "auth", "member", "apply", "error")
            .map(name -> ROOT + "." + name + "..")
            .toArray(String[]::new);

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/storage/proto/"))
            .importPackages(ROOT);
    private static final JavaClasses IMPURE = new ClassFileImporter().importClasses(Impure.class.getDeclaredClasses());

    @Test
    void purePackagesArePure() {
        assertTrue(MAIN.contain(ROOT + ".apply.ReplicatedState"));
        PurityRules.pure(PURE).forEach(rule -> rule.check(MAIN));
    }

    @Test
    void onlyOnePackageKnowsSql() {
        PurityRules.sqlOnlyIn(ROOT + ".sqlite..").check(MAIN);
    }

    @Test
    void everyImpurityIsSeen() {
        List<String> seen = PurityRules.pure(ROOT + ".purity..").stream()
                .flatMap(rule -> rule.evaluate(IMPURE).getFailureReport().getDetails().stream())
                .toList();
        for (Class<?> impure : Impure.class.getDeclaredClasses()) {
            assertTrue(
                    seen.stream().anyMatch(line -> line.contains("$" + impure.getSimpleName() + ".")),
                    impure.getName());
        }
    }

    @Test
    void sqlElsewhereIsSeen() {
        assertTrue(PurityRules.sqlOnlyIn(ROOT + ".sqlite..").evaluate(IMPURE).hasViolation());
    }
}
