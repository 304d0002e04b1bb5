package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.backup.BackupHeader;
import com.onebackend.registry.node.backup.BackupReader;
import com.onebackend.registry.node.backup.BackupSummary;
import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code oo cluster backup}. */
final class BackupCommands {
    private static final String FORCE = "--force";
    private static final String PATH = "/registry-svc/cluster/backup";
    private static final String STDOUT = "-";
    private static final int CHUNK_BYTES = 64 << 10;
    private static final long PROGRESS_BYTES = 64L << 20;
    private static final int NAME_CHARS = 8;

    private BackupCommands() {}

    static CommandSpec backup() {
        final CommandSpec backup = CommandTree.command(
                "backup", "Write a backup of catalog and instances into a file.", BackupCommands::backup);
        backup.usageMessage()
                .footer(
                        "",
                        "Any node will do, also one without a majority: then the backup is as old as it",
                        "says. FILE has password hashes and sealed signing keys in it and is readable",
                        "by you alone (mode 0600); keep it so. '-' writes to standard output.");
        backup.addOption(OptionSpec.builder(FORCE)
                .type(boolean.class)
                .description("replace FILE if it exists")
                .build());
        return CommandTree.words(backup, 1, 1, "FILE", "where to; it appears under this name when it is whole");
    }

    private static int backup(final Invocation call) {
        if (call.word(0).equals(STDOUT)) {
            final BackupReader read = receive(call, call.shell().out());
            refuse(call.shell().out());
            tell(call, read);
            return Oo.EXIT_OK;
        }
        final Path file = call.shell().folder().resolve(call.word(0));
        if (Files.isDirectory(file)) {
            throw CliException.failure(file + " is a folder; name a file");
        }
        if (Files.exists(file) && !call.has(FORCE)) {
            throw CliException.failure(file + " exists; choose another name, or replace it with " + FORCE);
        }
        // A name of its own: two backups into the same file must not mix.
        final Path partial = file.resolveSibling(
                file.getFileName() + "." + UUID.randomUUID().toString().substring(0, NAME_CHARS) + ".partial");
        partial.toFile().deleteOnExit();
        try {
            final BackupReader read = write(call, partial);
            rename(partial, file, call.has(FORCE));
            sync(file.toAbsolutePath().getParent());
            tell(call, read);
            return Oo.EXIT_OK;
        } catch (final IOException e) {
            throw CliException.failure("cannot write " + file + ": " + Shell.reason(e));
        }
    }

    /** Such a stream tells nobody by itself that it failed. */
    private static void refuse(final PrintStream out) {
        if (out.checkError()) {
            throw CliException.failure("standard output does not take it: what is there is no backup");
        }
    }

    private static void rename(final Path partial, final Path file, final boolean replace) throws IOException {
        try {
            if (replace) {
                Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.move(partial, file);
            }
        } catch (final FileAlreadyExistsException e) {
            throw CliException.failure(file + " has come into being meanwhile; choose another name");
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static BackupReader write(final Invocation call, final Path partial) throws IOException {
        try (FileChannel channel = FileChannel.open(
                partial,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            final BackupReader read = receive(call, Channels.newOutputStream(channel));
            channel.force(true);
            return read;
        } catch (final IOException | RuntimeException e) {
            Files.deleteIfExists(partial);
            throw e;
        }
    }

    private static void sync(final Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Copies the answer, and reads it while it goes by: what is damaged is never called a backup. */
    private static BackupReader receive(final Invocation call, final OutputStream out) {
        final BackupReader read = call.server().download(PATH, in -> {
            final BackupReader reader = new BackupReader(new Tee(in, out, call.shell()));
            while (reader.next()) {
                // The reader checks.
            }
            return reader;
        });
        call.shell().out().flush();
        return read;
    }

    private static void tell(final Invocation call, final BackupReader read) {
        final BackupHeader header = read.header();
        final BackupSummary summary = read.summary();
        call.shell()
                .err()
                .println("backup of cluster " + header.clusterId() + " taken at " + header.nodeId() + ", catalog index "
                        + summary.index() + ": " + summary.rows() + " rows, " + summary.instances()
                        + " instances\nsha256 " + summary.checksum());
        warnIfStale(call.shell(), header);
    }

    /** A backup without a majority may lack what was acknowledged last. */
    static void warnIfStale(final Shell shell, final BackupHeader header) {
        if (!header.isCurrent()) {
            final String age =
                    header.ageMillis() == Long.MAX_VALUE ? "of unknown age" : header.ageMillis() + " ms old or more";
            shell.warn("no majority confirmed this catalog on " + Instant.ofEpochMilli(header.createdMillis())
                    + ": it is " + age + ", and later writes are missing from it");
        }
    }

    /** Passes on to the file what the reader takes. */
    private static final class Tee extends FilterInputStream {
        private final OutputStream out;
        private final Shell shell;
        private long told;
        private long count;

        Tee(final InputStream in, final OutputStream out, final Shell shell) {
            super(in);
            this.out = out;
            this.shell = shell;
        }

        @Override
        public int read() throws IOException {
            final byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(final byte[] to, final int offset, final int length) throws IOException {
            final int taken = super.read(to, offset, Math.min(length, CHUNK_BYTES));
            if (taken > 0) {
                pass(to, offset, taken);
                count += taken;
                if (count - told >= PROGRESS_BYTES) {
                    told = count;
                    shell.err().println((count >> 20) + " MiB");
                }
            }
            return taken;
        }

        /** What fails here is not the connection. */
        private void pass(final byte[] bytes, final int offset, final int length) {
            try {
                out.write(bytes, offset, length);
            } catch (final IOException e) {
                throw CliException.failure("cannot write the backup: " + Shell.reason(e));
            }
            if (out instanceof PrintStream stdout) {
                refuse(stdout);
            }
        }
    }
}
