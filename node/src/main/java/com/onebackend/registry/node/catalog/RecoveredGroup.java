package com.onebackend.registry.node.catalog;

import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.util.MD5FileUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of a Raft group that begins with a snapshot instead of a log: its first entry will be the one after the
 * last that was applied, in a term after that one's.
 *
 * <p><i>Thread:</i> one, while no Raft server runs here.
 */
final class RecoveredGroup {
    private static final Logger LOG = LoggerFactory.getLogger(RecoveredGroup.class);

    private RecoveredGroup() {}

    /**
     * Prepares the folder of another epoch with what is applied here, and makes that epoch the catalog's; returns the
     * index it goes on from.
     *
     * @param after the latest epoch that is known; the new one is ahead of it
     * @throws IOException nothing has changed
     */
    static long prepare(
            final CatalogConfig config,
            final CatalogState state,
            final CatalogEpoch after,
            final RandomGenerator random)
            throws IOException {
        // An entry that came between would be in the rows, and its index be given to another one by the new group.
        return state.whileNothingApplies(
                () -> begin(config, state, after.next(state.stored().index(), random)));
    }

    private static long begin(final CatalogConfig config, final CatalogState state, final CatalogEpoch epoch)
            throws IOException {
        final Path folder = config.groupFolder(epoch);
        final Applied from = state.stored();
        final Path snapshot =
                folder.resolve("sm").resolve(SimpleStateMachineStorage.getSnapshotFileName(from.term(), from.index()));
        final Path current = folder.resolve("current");
        Files.createDirectories(snapshot.getParent());
        Files.createDirectories(current);
        writeSnapshot(state, snapshot, epoch);
        write(current.resolve("raft-meta.conf"), configuration(config, from).toByteArray());
        write(
                current.resolve("raft-meta"),
                ("term=" + from.term() + "\nvotedFor=" + config.self().nodeId() + "\n")
                        .getBytes(StandardCharsets.UTF_8));
        for (final Path each : List.of(snapshot.getParent(), current, folder, config.raftFolder())) {
            sync(each);
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(snapshot))) {
            state.replaceWith(in);
        }
        LOG.warn(
                "catalog recovered by force self={} epoch={} index={} term={}",
                config.self().nodeId(),
                epoch,
                from.index(),
                from.term());
        return from.index();
    }

    private static void writeSnapshot(final CatalogState state, final Path file, final CatalogEpoch epoch)
            throws IOException {
        try (FileOutputStream raw = new FileOutputStream(file.toFile());
                OutputStream out = new BufferedOutputStream(raw)) {
            state.exportTo(out, epoch);
            out.flush();
            raw.getFD().sync();
        }
        MD5FileUtil.computeAndSaveMd5ForFile(file.toFile());
    }

    private static LogEntryProto configuration(final CatalogConfig config, final Applied from) {
        return LogEntryProto.newBuilder()
                .setTerm(from.term())
                .setIndex(from.index())
                .setConfigurationEntry(RaftConfigurationProto.newBuilder()
                        .addPeers(RaftNode.raftPeer(config.self()).getRaftPeerProto()))
                .build();
    }

    private static void write(final Path file, final byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            final ByteBuffer left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
    }

    private static void sync(final Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** The row that says so. */
    static CatalogBatch.Change epochRow(final CatalogEpoch epoch) {
        return new CatalogBatch(Applied.NONE)
                .put(CatalogSection.META, CatalogState.EPOCH_KEY, epoch.encode())
                .changes()
                .get(0);
    }
}
