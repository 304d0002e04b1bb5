package com.onebackend.registry.node.catalog;

import com.onebackend.registry.model.Invariants;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands committed entries to {@link CatalogState}, and takes and installs its snapshots.
 *
 * <p><i>Thread:</i> Raft's updater, but for the notices. <i>Lifecycle:</i> that of one Raft server; the state outlives
 * it. <i>Invariants:</i> an entry that the state has is skipped, so replaying the log after a snapshot changes nothing;
 * a snapshot file under its final name is complete and has its checksum beside it; after a failure nothing more is
 * applied.
 */
final class CatalogStateMachine extends BaseStateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(CatalogStateMachine.class);

    private static final String GIVEN_UP = "the catalog was recovered by force, and this group is over";

    private final CatalogState state;
    /** Of this server's group; the state may leave it. */
    private final CatalogEpoch epoch;

    private final FatalHandler onFatal;
    private final Runnable onVoters;
    private final CatalogCounters counters;
    private final SimpleStateMachineStorage snapshots = new SimpleStateMachineStorage();
    private volatile boolean closing;
    private volatile boolean broken;
    private volatile boolean dismissed;
    private volatile File folder;

    /**
     * For one run of a Raft server.
     *
     * @param epoch whose log this server keeps
     * @param onVoters told that the voters may have changed
     */
    CatalogStateMachine(
            final CatalogState state,
            final CatalogEpoch epoch,
            final FatalHandler onFatal,
            final Runnable onVoters,
            final CatalogCounters counters) {
        this.state = state;
        this.epoch = epoch;
        this.onFatal = onFatal;
        this.onVoters = onVoters;
        this.counters = counters;
    }

    /** From here on, the server's end is meant. */
    void closing() {
        closing = true;
    }

    /** True when the leader has told this server to stop, because it is no voter. */
    boolean isDismissed() {
        return dismissed;
    }

    @Override
    public void initialize(final RaftServer server, final RaftGroupId groupId, final RaftStorage storage)
            throws IOException {
        super.initialize(server, groupId, storage);
        folder = storage.getStorageDir().getRoot();
        getLifeCycle()
                .startAndTransition(
                        () -> {
                            snapshots.init(storage);
                            loadSnapshot();
                        },
                        IOException.class);
    }

    /**
     * Raft replays from the snapshot it knows, so that is what it is told; how far the store is, the store knows.
     */
    private void loadSnapshot() throws IOException {
        final SingleFileSnapshotInfo latest = snapshots.loadLatestSnapshot();
        if (latest == null) {
            return;
        }
        if (state.stored().index() < latest.getIndex()) {
            install(latest);
        }
        setLastAppliedTermIndex(latest.getTermIndex());
        state.passedIn(epoch, latest.getIndex());
    }

    private void install(final SingleFileSnapshotInfo snapshot) throws IOException {
        final Path file = snapshot.getFile().getPath();
        final MD5Hash stored = snapshot.getFile().getFileDigest();
        if (stored != null && !stored.equals(MD5FileUtil.computeMd5ForFile(file.toFile()))) {
            throw new IOException("snapshot " + file + " does not match its checksum; remove both files and restart");
        }
        final boolean isTaken;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            // Whoever follows the log on this node may have brought as much meanwhile.
            isTaken = state.replaceIn(epoch, epoch, snapshot.getIndex(), in);
        }
        LOG.info(
                "catalog snapshot installed index={} file={} taken={}",
                snapshot.getIndex(),
                file.getFileName(),
                isTaken);
    }

    /** Raft has put a snapshot into place and will call {@link #reinitialize}. Readers keep what was applied before. */
    @Override
    public void pause() {
        if (getLifeCycleState().isRunning()) {
            getLifeCycle().transition(LifeCycle.State.PAUSING);
            getLifeCycle().transition(LifeCycle.State.PAUSED);
        }
    }

    @Override
    public void reinitialize() throws IOException {
        getLifeCycle().startAndTransition(this::loadSnapshot, IOException.class);
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return snapshots;
    }

    @Override
    public CompletableFuture<Message> applyTransaction(final TransactionContext transaction) {
        final LogEntryProto entry = transaction.getLogEntry();
        if (broken) {
            return CompletableFuture.failedFuture(new StateMachineException("an earlier entry could not be applied"));
        }
        try {
            final CatalogResult result = state.applyIn(
                    epoch,
                    entry.getIndex(),
                    entry.getTerm(),
                    entry.getStateMachineLogEntry().getLogData().toByteArray());
            updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
            if (result == null) {
                // The upkeep ends this server.
                onVoters.run();
                return CompletableFuture.failedFuture(new StateMachineException(GIVEN_UP));
            }
            return CompletableFuture.completedFuture(message(CatalogCodec.encodeResult(result)));
        } catch (final RuntimeException e) {
            // Going on would leave this node different from all others.
            broken = true;
            onFatal.onFatal("catalog entry " + entry.getIndex() + " could not be applied: " + e.getMessage(), e);
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public void notifyTermIndexUpdated(final long term, final long index) {
        super.notifyTermIndexUpdated(term, index);
        state.passedIn(epoch, index);
    }

    /** Answers with the applied index, once Raft has seen to it that it is recent enough. */
    @Override
    public CompletableFuture<Message> query(final Message request) {
        if (!getLifeCycleState().isRunning()) {
            return CompletableFuture.failedFuture(new StateMachineException("a snapshot is being installed"));
        }
        return CompletableFuture.completedFuture(message(CatalogCodec.encodeIndex(state.appliedIndex())));
    }

    /** Not offered: the base class's may never answer. Stale reads go to the state directly. */
    @Override
    public CompletableFuture<Message> queryStale(final Message request, final long minIndex) {
        return CompletableFuture.failedFuture(new StateMachineException("stale reads are local"));
    }

    @Override
    public long takeSnapshot() throws IOException {
        final long startNanos = System.nanoTime();
        boolean isDone = false;
        try {
            final long index = writeSnapshot();
            isDone = true;
            return index;
        } finally {
            counters.snapshot(isDone, System.nanoTime() - startNanos);
        }
    }

    private long writeSnapshot() throws IOException {
        final TermIndex upTo = getLastAppliedTermIndex();
        final File target = snapshots.getSnapshotFile(upTo.getTerm(), upTo.getIndex());
        final Path folder = target.toPath().getParent();
        final Path partial = folder.resolve(target.getName() + ".partial");
        final MD5Hash md5;
        try {
            md5 = write(partial, target);
        } catch (final IOException | RuntimeException e) {
            // It is tried again at a later entry, under another name: what is left would fill the disk.
            Files.deleteIfExists(partial);
            throw e;
        }
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
        snapshots.updateLatestSnapshot(
                new SingleFileSnapshotInfo(new FileInfo(target.toPath(), md5), upTo.getTerm(), upTo.getIndex()));
        return upTo.getIndex();
    }

    private MD5Hash write(final Path partial, final File target) throws IOException {
        try (FileOutputStream file = new FileOutputStream(partial.toFile());
                OutputStream out = new BufferedOutputStream(file)) {
            state.exportTo(out);
            out.flush();
            file.getFD().sync();
        }
        // The checksum goes first: a snapshot without one would be believed unchecked.
        final MD5Hash md5 = MD5FileUtil.computeMd5ForFile(partial.toFile());
        MD5FileUtil.saveMD5File(target, md5);
        Files.move(partial, target.toPath(), StandardCopyOption.ATOMIC_MOVE);
        return md5;
    }

    @Override
    public void notifyLeaderChanged(final RaftGroupMemberId self, final RaftPeerId leader) {
        LOG.info("catalog leader={} self={}", leader, self.getPeerId());
    }

    /** Also called for old configurations while the log is replayed, so what stands in it is not believed. */
    @Override
    public void notifyConfigurationChanged(final long term, final long index, final RaftConfigurationProto voters) {
        onVoters.run();
    }

    @Override
    public void notifyLogFailed(final Throwable cause, final LogEntryProto failedEntry) {
        broken = true;
        counters.logFailed();
        onFatal.onFatal(
                folder + ": the Raft log could not be written (" + RatisErrors.reason(RatisErrors.unwrap(cause))
                        + "): free space, or repair the disk; this entry was not acknowledged by this node",
                cause);
    }

    @Override
    public void notifyServerShutdown(final RoleInfoProto role, final boolean allServer) {
        if (closing) {
            return;
        }
        if (allServer) {
            onFatal.onFatal("Raft stopped on this node as " + role.getRole(), null);
        } else {
            // The leader told a candidate that it is no voter any more.
            dismissed = true;
            onVoters.run();
        }
    }

    private static Message message(final byte[] bytes) {
        Invariants.check(bytes.length > 0, "a reply is never empty");
        return Message.valueOf(UnsafeByteOperations.unsafeWrap(bytes));
    }
}
