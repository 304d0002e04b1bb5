package com.onebackend.registry.node.cluster;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The classes of a node, parsed and verified once for all nodes of these tests (JEP 350, dynamic class data sharing):
 * a third less work for each of the hundreds of starts. A node that cannot use the archive starts without it.
 */
final class SharedClasses {
    private static final Duration START = Duration.ofSeconds(60);
    /** Several nodes start at once on a few cores, and live for minutes: the optimising compiler does not pay off. */
    private static final String OPTIONS = "-XX:TieredStopAtLevel=1";

    private static Path archive;

    private SharedClasses() {}

    /** The JVM's options of a test node; makes the archive at the first call. */
    static synchronized String options() throws IOException {
        if (archive == null) {
            final Path file = ProcessCluster.distribution().resolveSibling("registry-classes.jsa");
            if (!isCurrent(file)) {
                make(file);
            }
            archive = file;
        }
        return OPTIONS + " -XX:SharedArchiveFile=" + archive;
    }

    /** Whether it is younger than each library: the JVM refuses another one. */
    private static boolean isCurrent(final Path file) throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        final FileTime made = Files.getLastModifiedTime(file);
        try (Stream<Path> libraries = Files.list(ProcessCluster.distribution().resolve("lib"))) {
            return libraries.allMatch(library -> modified(library).compareTo(made) < 0);
        }
    }

    private static FileTime modified(final Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void make(final Path file) throws IOException {
        final Path folder = Files.createTempDirectory("registry-classes");
        final Path made = file.resolveSibling(
                file.getFileName() + "." + ProcessHandle.current().pid());
        Files.deleteIfExists(made);
        try (ProcessCluster one = new ProcessCluster(folder, 1)) {
            final Map<String, String> environment =
                    one.environment(1, 1, OPTIONS + " -XX:ArchiveClassesAtExit=" + made);
            one.start(1, environment);
            await().atMost(START).until(() -> one.isReady(1));
            // Also the classes of a write and of an answer.
            one.login();
            one.get(1, "/registry-svc/cluster");
            one.stop(1);
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            ProcessCluster.delete(folder);
        }
    }
}
