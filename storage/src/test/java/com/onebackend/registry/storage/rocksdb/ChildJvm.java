package com.onebackend.registry.storage.rocksdb;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.util.Environment;

/**
 * A Java process of the test's class path. It gets the native library by path: one that is killed would leave what it
 * unpacked from the jar behind.
 */
final class ChildJvm implements AutoCloseable {
    private final Process process;
    private final BufferedReader lines;

    private ChildJvm(final Process process) {
        this.process = process;
        lines = process.inputReader();
    }

    /** @param shellPrefix run by {@code sh} before Java, such as a {@code ulimit}; may be empty */
    static ChildJvm start(final Path scratch, final String shellPrefix, final Class<?> main, final String... arguments)
            throws IOException {
        final List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                shellPrefix + " exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Djava.io.tmpdir=" + scratch,
                "-Djava.library.path=" + nativeFolder(scratch),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return new ChildJvm(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    private static Path nativeFolder(final Path scratch) throws IOException {
        final Path folder = Files.createDirectories(scratch.resolve("native"));
        final Path library = folder.resolve(Environment.getJniLibraryFileName("rocksdb"));
        if (!Files.exists(library)) {
            try (InputStream in = ChildJvm.class.getResourceAsStream("/" + library.getFileName())) {
                Files.copy(in, library);
            }
        }
        return folder;
    }

    /** The next line of its output; null at the end. */
    String line() throws IOException {
        return lines.readLine();
    }

    /** SIGKILL, then what it had printed and we had not read. */
    List<String> kill() throws InterruptedException {
        process.toHandle().destroyForcibly(); // unlike Process's own, it leaves the output readable
        process.waitFor();
        return remainingLines();
    }

    List<String> remainingLines() {
        return lines.lines().toList();
    }

    long pid() {
        return process.pid();
    }

    int exitCode() throws InterruptedException {
        return process.waitFor();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        lines.close();
    }
}
