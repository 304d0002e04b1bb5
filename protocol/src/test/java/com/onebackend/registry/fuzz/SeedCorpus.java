package com.onebackend.registry.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The inputs of one class of fuzz targets, as they are kept with the tests. */
public final class SeedCorpus {
    private static final boolean IS_REWRITING = System.getProperty("corpus.rewrite") != null;

    private final Path inputs;

    private SeedCorpus(final Path inputs) {
        this.inputs = inputs;
    }

    /** Where Jazzer looks for the inputs of this class. */
    public static SeedCorpus of(final Class<?> fuzzTest) {
        return new SeedCorpus(Path.of("src/test/resources", fuzzTest.getName().replace('.', '/') + "Inputs"));
    }

    /**
     * Fails when one of them is not there; with {@code -Dcorpus.rewrite} writes them all. The contents may be older
     * than the code: only that there is one of every kind is asked for.
     */
    public void requireAll(final String method, final Map<String, byte[]> wanted) {
        for (final Map.Entry<String, byte[]> input : wanted.entrySet()) {
            final Path file = inputs.resolve(method).resolve(input.getKey());
            try {
                if (IS_REWRITING) {
                    Files.createDirectories(file.getParent());
                    Files.write(file, input.getValue());
                } else if (!Files.isRegularFile(file) || Files.size(file) == 0) {
                    throw new AssertionError(file + " is missing: -Dcorpus.rewrite makes it");
                }
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
