package com.onebackend.registry.node.cli;

import com.onebackend.registry.node.backup.BackupFormat;
import com.onebackend.registry.node.backup.BackupReader;
import com.onebackend.registry.node.backup.BackupRecords;
import com.onebackend.registry.node.backup.BackupSummary;
import com.onebackend.registry.node.cli.CommandTree.Invocation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code oo cluster restore}. */
final class RestoreCommands {
    private static final String YES = "--yes";
    private static final String NO_INSTANCES = "--no-instances";
    private static final String PATH = "/registry-svc/cluster/restore";
    private static final long PROGRESS_BYTES = 16L << 20;

    private RestoreCommands() {}

    static CommandSpec restore() {
        final CommandSpec restore =
                CommandTree.command("restore", "Bring a backup into a new, empty cluster.", RestoreCommands::restore);
        restore.usageMessage()
                .footer(
                        "",
                        "The cluster must have nothing but what it was born with. Its nodes are not ready",
                        "until all is there; when it breaks off, repeat it with the same FILE. Accounts get",
                        "the backup's passwords; nodes, removals and drains of the old cluster stay behind,",
                        "and instances are of unknown health until they are heard of.");
        restore.addOption(OptionSpec.builder(YES)
                .type(boolean.class)
                .description("do not ask")
                .build());
        restore.addOption(OptionSpec.builder(NO_INSTANCES)
                .type(boolean.class)
                .description("restore the catalog alone: definitions, accounts, signing keys")
                .build());
        return CommandTree.words(restore, 1, 1, "FILE", "what oo cluster backup has written");
    }

    private static int restore(final Invocation call) {
        final Path file = call.shell().folder().resolve(call.word(0));
        final BackupReader checked = read(file, (kind, body) -> {});
        final BackupSummary summary = checked.summary();
        call.shell()
                .err()
                .println("backup of cluster " + checked.header().clusterId() + ", taken on "
                        + Instant.ofEpochMilli(checked.header().createdMillis()) + ": " + summary.rows() + " rows, "
                        + summary.instances() + " instances");
        BackupCommands.warnIfStale(call.shell(), checked.header());
        final Server server = call.server();
        if (!call.has(YES)) {
            confirm(call.shell(), "Restore it into the cluster of " + server.url() + "?", "yes", YES);
        }
        final Sender sender = new Sender(call.shell(), server, summary.checksum());
        if (Sender.number(sender.send("begin", new byte[0]), "taken") > 0) {
            call.shell().err().println("this backup is in the cluster of " + server.url() + " already");
            return Oo.EXIT_OK;
        }
        try {
            send(file, summary, sender, !call.has(NO_INSTANCES));
        } catch (final CliException e) {
            throw CliException.failure(e.getMessage()
                    + "\n  the restore has begun and not ended, and the cluster is not ready until it has:"
                    + " repeat it with the same file, at any node; that is safe");
        }
        sender.tell();
        return Oo.EXIT_OK;
    }

    private static void send(
            final Path file, final BackupSummary summary, final Sender sender, final boolean withInstances) {
        final BackupReader sent = read(file, (kind, body) -> {
            if (kind == BackupFormat.ROW || withInstances) {
                sender.add(kind, body);
            }
        });
        sender.flush();
        if (!sent.summary().checksum().equals(summary.checksum())) {
            throw CliException.failure(file + " has changed while it was read; use the first one");
        }
        sender.send("end", new byte[0]);
    }

    /** Goes on only when the person in front answers with this very word. */
    static void confirm(final Shell shell, final String question, final String word, final String option) {
        if (shell.terminal() == null) {
            throw CliException.usage("nobody is there to be asked; if you are sure, add " + option);
        }
        final String typed = shell.terminal().line(question + " Type '" + word + "': ");
        if (typed == null || !typed.strip().equals(word)) {
            throw CliException.failure("not confirmed; nothing was done");
        }
    }

    /** Takes one record. */
    private interface Records {
        void take(byte kind, byte[] body);
    }

    private static BackupReader read(final Path file, final Records records) {
        try (InputStream in = Files.newInputStream(file)) {
            final BackupReader reader = new BackupReader(in);
            while (reader.next()) {
                records.take(reader.kind(), reader.body());
            }
            return reader;
        } catch (final IOException e) {
            throw CliException.failure("cannot restore " + file + ": " + Shell.reason(e));
        }
    }

    /** Sends records in batches of one kind. */
    private static final class Sender {
        private final Shell shell;
        private final Server server;
        private final String id;
        private final BackupRecords batch = new BackupRecords();
        private byte kind;
        private long rows;
        private long instances;
        private long leftOut;
        private long keysLeftOut;
        private long bytes;
        private long told;

        Sender(final Shell shell, final Server server, final String id) {
            this.shell = shell;
            this.server = server;
            this.id = id;
        }

        void add(final byte next, final byte[] body) {
            if (next != kind || batch.isFullFor(body.length)) {
                flush();
            }
            kind = next;
            batch.add(next, body);
        }

        void flush() {
            if (batch.isEmpty()) {
                return;
            }
            final boolean isRows = kind == BackupFormat.ROW;
            final byte[] body = batch.take();
            final Map<String, Object> answer = send(isRows ? "rows" : "instances", body);
            final long taken = number(answer, "taken");
            rows += isRows ? taken : 0;
            instances += isRows ? 0 : taken;
            leftOut += number(answer, "leftOut");
            keysLeftOut += number(answer, "keysLeftOut");
            bytes += body.length;
            if (bytes - told >= PROGRESS_BYTES) {
                told = bytes;
                shell.err().println((bytes >> 20) + " MiB: " + rows + " rows, " + instances + " instances");
            }
        }

        Map<String, Object> send(final String step, final byte[] body) {
            // Each step may come twice.
            return CatalogWrite.untilItPasses(
                    shell,
                    () -> server.upload(PATH + "?id=" + id + "&step=" + step, body, (in, type) -> Json.readObject(in)));
        }

        private static long number(final Map<String, Object> answer, final String field) {
            return answer.get(field) instanceof Number number ? number.longValue() : 0;
        }

        void tell() {
            shell.err()
                    .println("restored " + rows + " rows and " + instances + " instances; " + leftOut
                            + " rows are of the old cluster's nodes and stayed behind");
            if (keysLeftOut > 0) {
                shell.warn(keysLeftOut + " signing keys were made under another OB_CLUSTER_SECRET and stayed behind:"
                        + " everybody logs in anew");
            }
        }
    }
}
