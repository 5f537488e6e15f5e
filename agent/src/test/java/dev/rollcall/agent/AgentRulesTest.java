package dev.rollcall.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom inside the agent; and that SQL stays in storage. */
@AnalyzeClasses(packages = "dev.rollcall", importOptions = ImportOption.DoNotIncludeTests.class)
class AgentRulesTest {
    private static final String AGENT = "dev.rollcall.agent.";

    @ArchTest
    static final ArchRule SQL_STAYS_IN_ONE_PACKAGE = noClasses()
            .that()
            .resideOutsideOfPackage("dev.rollcall.storage.sqlite..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite..");

    @ArchTest
    static final ArchRule A_CALL_KNOWS_NOBODY_THAT_CARRIES_IT_OUT = noClasses()
            .that()
            .resideInAPackage(AGENT + "call..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    AGENT + "member..",
                    AGENT + "local..",
                    AGENT + "client..",
                    AGENT + "grpc..",
                    AGENT + "http..",
                    AGENT + "peer..",
                    AGENT + "cli..");

    @ArchTest
    static final ArchRule A_MEMBER_KNOWS_NO_FACE = noClasses()
            .that()
            .resideInAnyPackage(AGENT + "member..", AGENT + "peer..", AGENT + "local..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(AGENT + "grpc..", AGENT + "http..", AGENT + "client..", AGENT + "cli..");

    @ArchTest
    static final ArchRule THE_FACES_AND_THE_CLIENT_NEED_NO_STORE = noClasses()
            .that()
            .resideInAnyPackage(
                    AGENT + "grpc..",
                    AGENT + "client..",
                    AGENT + "http.discovery..",
                    AGENT + "cli..",
                    AGENT + "bench..")
            .and()
            .haveNameNotMatching(".*\\.cli\\.Snapshot.*Command.*") // their business is a store's file
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    AGENT + "member..",
                    AGENT + "local..",
                    AGENT + "peer..",
                    "dev.rollcall.storage.mvcc..",
                    "dev.rollcall.storage.sqlite..",
                    "dev.rollcall.raft..");
}
