package com.onebackend.registry.node.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Makes a node's fsyncs fail or take long: a small library, preloaded into its process. */
final class SyncFaults {
    private static final int COMPILE_SECONDS_MAX = 60;

    private final Path library;
    private final Path control;

    private SyncFaults(final Path library, final Path control) {
        this.library = library;
        this.control = control;
    }

    /** Compiles the library; null where there is no C compiler. */
    static SyncFaults in(final Path folder) throws IOException, InterruptedException {
        final Path source = folder.resolve("sync_fault.c");
        try (InputStream in = SyncFaults.class.getResourceAsStream("sync_fault.c")) {
            Files.copy(in, source, StandardCopyOption.REPLACE_EXISTING);
        }
        final Path library = folder.resolve("sync_fault.so");
        final Process compiler;
        try {
            compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("cc.log").toFile())
                    .start();
        } catch (final IOException noCompiler) {
            if (SmallDisk.IS_REQUIRED) {
                throw noCompiler;
            }
            return null;
        }
        if (!compiler.waitFor(COMPILE_SECONDS_MAX, TimeUnit.SECONDS) || compiler.exitValue() != 0) {
            throw new IOException("cc failed: " + Files.readString(folder.resolve("cc.log"), StandardCharsets.UTF_8));
        }
        return new SyncFaults(library, folder.resolve("sync-fault"));
    }

    void preload(final Map<String, String> environment) {
        environment.put("LD_PRELOAD", library.toString());
        environment.put("SYNC_FAULT", control.toString());
    }

    /** The next sync of a file whose path has {@code text} in it fails; later ones do not. */
    void failOnce(final String text) throws IOException {
        set("eio " + text);
    }

    /** Each sync of a file whose path has {@code text} in it takes two seconds. */
    void delay(final String text) throws IOException {
        set("delay " + text);
    }

    void clear() throws IOException {
        Files.deleteIfExists(control);
    }

    /** Whether nothing is set: a failure that was has happened. */
    boolean isClear() {
        return !Files.exists(control);
    }

    /** At once, since nodes read it at any moment. */
    private void set(final String fault) throws IOException {
        final Path next = control.resolveSibling("sync-fault.next");
        Files.writeString(next, fault);
        Files.move(next, control, StandardCopyOption.ATOMIC_MOVE);
    }
}
