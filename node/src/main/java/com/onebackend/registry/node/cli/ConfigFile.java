package com.onebackend.registry.node.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The file {@code .1backend/cliConfig.yaml}, readable by its owner only. A change is made under a lock and replaces
 * the file as a whole, so that calls at the same time neither lose each other's logins nor see half a file.
 */
final class ConfigFile {
    private static final String FOLDER = ".1backend";
    private static final String NAME = "cliConfig.yaml";
    private static final String OWNER_FILE = "rw-------";
    private static final String OWNER_FOLDER = "rwx------";

    private final Shell shell;
    private final Path folder;
    private final Path file;

    ConfigFile(final Shell shell) {
        this.shell = shell;
        this.folder = shell.home().resolve(FOLDER);
        this.file = folder.resolve(NAME);
    }

    /** Reads the file; the first time it is made. Where it cannot be made, the defaults hold and a warning says so. */
    Config load() {
        try {
            if (Files.exists(file)) {
                return read();
            }
            return change(config -> {});
        } catch (IOException e) {
            if (Files.exists(file)) {
                throw CliException.failure("cannot read " + file + ": " + Shell.reason(e));
            }
            shell.warn("cannot make " + file + ": " + Shell.reason(e) + "; going on with the defaults");
            return Config.initial();
        }
    }

    /** Changes the file. */
    void update(final Consumer<Config> change) {
        try {
            change(change);
        } catch (IOException e) {
            throw CliException.failure("cannot write " + file + ": " + Shell.reason(e));
        }
    }

    private Config change(final Consumer<Config> change) throws IOException {
        if (!Files.exists(folder)) {
            Files.createDirectories(folder, forOwner(OWNER_FOLDER));
        }
        final Path lockFile = folder.resolve("." + NAME + ".lock");
        try (FileChannel channel = FileChannel.open(
                        lockFile, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), forOwner(OWNER_FILE));
                FileLock lock = channel.lock()) {
            if (!lock.isValid()) {
                throw new IOException("the lock " + lockFile + " was lost");
            }
            final Config config = Files.exists(file) ? read() : Config.initial();
            change.accept(config);
            write(Yaml.dump(config.root()));
            return config;
        }
    }

    private Config read() throws IOException {
        final Map<String, Object> root;
        try {
            root = Yaml.loadTexts(Files.readString(file));
        } catch (Yaml.BrokenException e) {
            throw CliException.failure(
                    file + " is damaged: " + e.getMessage() + "; correct it, or remove it and log in");
        }
        return root.isEmpty() ? Config.initial() : new Config(root);
    }

    private void write(final String yaml) throws IOException {
        // A link to the file, as managed home folders have, stays a link.
        final Path real = Files.exists(file) ? file.toRealPath() : file;
        final Path next = Files.createTempFile(real.getParent(), "." + NAME, ".tmp", forOwner(OWNER_FILE));
        try {
            try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
                final var bytes = StandardCharsets.UTF_8.encode(yaml);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(next, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(next);
        }
    }

    private static FileAttribute<?>[] forOwner(final String permissions) {
        if (!Path.of("").getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[0]; // Windows: a home folder is its owner's already
        }
        return new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        };
    }
}
