package com.onebackend.registry.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Where the foreign libraries may show, over all modules. */
@AnalyzeClasses(packages = "com.onebackend.registry", importOptions = ArchitectureTest.MainClasses.class)
class ArchitectureTest {
    private static final String ROOT = "com.onebackend.registry.";

    @ArchTest
    static final ArchRule onlyTheCatalogKnowsRatis = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "node.catalog..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.ratis..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule onlyStorageKnowsRocksDb = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "storage.rocksdb..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.rocksdb..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule gatewayKnowsNeitherNodeNorStorage = noClasses()
            .that()
            .resideInAPackage(ROOT + "gateway..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ROOT + "node..", ROOT + "storage..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule generatedProtobufStopsAtTheCodecs = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "wire..", ROOT + "node.catalog..", ROOT + "storage..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + "wire.v1..")
            .allowEmptyShould(true);

    /** Wherever the build folder is; ArchUnit's own DoNotIncludeTests knows only target/test-classes. */
    static final class MainClasses implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/test-classes/") && !location.contains("-tests.jar");
        }
    }
}
