package com.onebackend.registry;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Who may know whom in protocol, and that it is a machine without IO, threads, clocks or global randomness. */
@AnalyzeClasses(packages = "com.onebackend.registry", importOptions = ArchitectureTest.MainClasses.class)
class ArchitectureTest {
    private static final String ROOT = "com.onebackend.registry.";
    private static final String GENERATED = ROOT + "wire.v1..";

    @ArchTest
    static final ArchRule modelKnowsNobody = only("model");

    @ArchTest
    static final ArchRule membershipKnowsModel = only("membership", "model");

    @ArchTest
    static final ArchRule replicationKnowsModel = only("replication", "model");

    @ArchTest
    static final ArchRule gossipKnowsMembershipAndReplication = only("gossip", "membership", "replication", "model");

    @ArchTest
    static final ArchRule directoryKnowsModel = only("directory", "model");

    @ArchTest
    static final ArchRule apiKnowsModelAndDirectory = only("api", "model", "directory");

    @ArchTest
    static final ArchRule wireKnowsWhatItEncodes = only("wire", "model", "gossip", "replication", "membership");

    @ArchTest
    static final ArchRule noSocketsFilesOrStreams = handWritten()
            .should()
            .dependOnClassesThat(resideInAnyPackage("java.net..", "java.io..", "java.nio.channels..", "java.nio.file..")
                    .and(not(belongToAnyOf(Serializable.class, IOException.class, UncheckedIOException.class))))
            .because("the shell does IO; protocol is handed bytes and hands out effects")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule noThreads = handWritten()
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Thread.class, ThreadLocal.class)
            .because("every piece of state has one writer, which the shell provides")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule noConcurrency = handWritten()
            .and()
            .resideOutsideOfPackage(ROOT + "directory..")
            .should()
            .dependOnClassesThat(inConcurrent())
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule directoryHasConcurrentMapsForItsReaders = noClasses()
            .that()
            .resideInAPackage(ROOT + "directory..")
            .should()
            .dependOnClassesThat(inConcurrent().and(not(concurrentMap())))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule noClocks = handWritten()
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Clock.class)
            .because("time comes in as a parameter, or a seed would not replay")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule noGlobalRandomness = handWritten()
            .should()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.security.SecureRandom")
            .because("randomness comes in as a seeded generator, or a seed would not replay")
            .allowEmptyShould(true);

    /** The package may use itself, the named ones, and whatever is not ours. */
    private static ArchRule only(String name, String... known) {
        String[] allowed = new String[known.length + 1];
        allowed[0] = ROOT + name + "..";
        for (int i = 0; i < known.length; i++) {
            allowed[i + 1] = ROOT + known[i] + "..";
        }
        return noClasses()
                .that()
                .resideInAPackage(ROOT + name + "..")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("com.onebackend.registry..").and(not(resideInAnyPackage(allowed))))
                .as(name + " knows " + (known.length == 0 ? "no other package of ours" : String.join(", ", known)))
                .allowEmptyShould(true);
    }

    private static GivenClassesConjunction handWritten() {
        return noClasses().that().resideOutsideOfPackage(GENERATED);
    }

    private static DescribedPredicate<JavaClass> inConcurrent() {
        return resideInAnyPackage("java.util.concurrent..");
    }

    private static DescribedPredicate<JavaClass> concurrentMap() {
        return DescribedPredicate.describe(
                "concurrent maps",
                type -> type.isEquivalentTo(ConcurrentHashMap.class) || type.isEquivalentTo(ConcurrentMap.class));
    }

    /** Wherever the build folder is; ArchUnit's own DoNotIncludeTests knows only target/test-classes. */
    static final class MainClasses implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/test-classes/") && !location.contains("-tests.jar");
        }
    }
}
