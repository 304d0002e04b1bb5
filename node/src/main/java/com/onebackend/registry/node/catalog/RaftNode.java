package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.storage.StorageException;
import com.onebackend.registry.storage.StorageFullException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of this node's Raft server.
 *
 * <p><i>Thread:</i> any. <i>Lifecycle:</i> {@code start} to {@code close}; a node may have several runs, one after the
 * other, over the same folder and state.
 */
final class RaftNode implements AutoCloseable {
    /** A leader that has not heard from a follower for so long does not count on it. */
    static final int SILENCE_MILLIS_MAX = RatisSettings.ELECTION_MILLIS_MAX * 3 / 2;

    static final int SNAPSHOT_MILLIS_MAX = 60_000;

    private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);
    private static final int TRANSFER_MILLIS_MAX = 2_000;
    /** Finding out who was heard costs more than the rest of handing a write over. */
    private static final long HEARD_MILLIS = 20;
    /** Beyond Raft's own limit, after which a question is not waited for. */
    private static final int ANSWER_MILLIS_MAX = RatisSettings.READ_MILLIS_MAX + 500;

    private final RaftServer server;
    private final RaftServer.Division division;
    private final CatalogStateMachine machine;
    private final ClientId clientId = ClientId.randomId();
    private final RaftPeerId selfId;
    private final RaftGroupId groupId;
    private final CatalogEpoch epoch;
    private volatile Heard heard;

    /** Whether a majority was heard, and when that was found out. */
    private record Heard(boolean isMajority, long atNanos) {}

    private RaftNode(
            final RaftServer server,
            final RaftServer.Division division,
            final CatalogStateMachine machine,
            final CatalogEpoch epoch) {
        this.server = server;
        this.epoch = epoch;
        this.division = division;
        this.machine = machine;
        this.selfId = server.getId();
        this.groupId = division.getMemberId().getGroupId();
    }

    /**
     * Starts Raft. A configuration on disk wins over {@code firstVoters}; with neither, the server waits to be added by
     * an existing group.
     *
     * @throws IOException the folder or the port cannot be used
     */
    static RaftNode start(
            final CatalogConfig config,
            final CatalogState state,
            final List<CatalogPeer> firstVoters,
            final Runnable onVoters,
            final CatalogCounters counters)
            throws IOException {
        Files.createDirectories(config.raftFolder());
        final CatalogEpoch epoch = state.epoch();
        final RaftGroupId groupId = RaftGroupId.valueOf(config.groupId(epoch));
        final CatalogStateMachine machine = new CatalogStateMachine(state, epoch, config.onFatal(), onVoters, counters);
        final RaftServer server = RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf(config.self().nodeId()))
                .setGroup(RaftGroup.valueOf(
                        groupId, firstVoters.stream().map(RaftNode::raftPeer).toList()))
                .setStateMachineRegistry(id -> machine)
                .setProperties(RatisSettings.server(config))
                .setParameters(RatisSettings.parameters(config.tls()))
                .setOption(RaftStorage.StartupOption.RECOVER)
                .build();
        try {
            server.start();
            return new RaftNode(server, server.getDivision(groupId), machine, epoch);
        } catch (final IOException | RuntimeException e) {
            machine.closing();
            server.close();
            throw e;
        }
    }

    static RaftPeer raftPeer(final CatalogPeer peer) {
        return RaftPeer.newBuilder()
                .setId(peer.nodeId())
                .setAddress(peer.address())
                .build();
    }

    static CatalogPeer peer(final String id, final String address) {
        final int colon = address.lastIndexOf(':');
        return new CatalogPeer(id, address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    }

    RaftPeerId id() {
        return selfId;
    }

    /** Whose group this is; the catalog's own, until it was recovered elsewhere. */
    CatalogEpoch epoch() {
        return epoch;
    }

    RaftGroupId groupId() {
        return groupId;
    }

    DivisionInfo info() {
        return division.getInfo();
    }

    LifeCycle.State lifeCycle() {
        return division.getInfo().getLifeCycleState();
    }

    /** The voters of the current configuration. */
    Collection<RaftPeer> voters() {
        return division.getRaftConf().getCurrentPeers();
    }

    /** The node ids of the voters. */
    List<String> voterIds() {
        return voters().stream().map(peer -> peer.getId().toString()).toList();
    }

    /** The leader with its address; null when none is known. */
    RaftPeer leader() {
        final RaftPeerId id = division.getInfo().getLeaderId();
        return id == null ? null : division.getRaftConf().getPeer(id);
    }

    /** True when the group goes on without this node. */
    boolean isOut() {
        if (machine.isDismissed()) {
            return true;
        }
        return !voters().isEmpty()
                && !isVoter()
                && division.getRaftConf().getPreviousPeers().isEmpty();
    }

    /** True when the leader has told this server to stop, because it is no voter. */
    boolean isDismissed() {
        return machine.isDismissed();
    }

    boolean isVoter() {
        return division.getRaftConf().getPeer(selfId) != null;
    }

    boolean isRunning() {
        return lifeCycle() == LifeCycle.State.RUNNING && isVoter();
    }

    boolean isLeader() {
        return division.getInfo().isLeader();
    }

    boolean isLeaderReady() {
        return division.getInfo().isLeaderReady();
    }

    /** As leader: a majority of the voters, this one included, has answered lately. Asked for every write. */
    boolean hearsMajority() {
        final long nowNanos = System.nanoTime();
        Heard known = heard;
        if (known == null || nowNanos - known.atNanos > TimeUnit.MILLISECONDS.toNanos(HEARD_MILLIS)) {
            known = new Heard(isMajorityHeard(), nowNanos);
            heard = known;
        }
        return known.isMajority;
    }

    private boolean isMajorityHeard() {
        final Collection<RaftPeer> voters = voters();
        int heard = 1;
        for (final ServerRpcProto follower : followers()) {
            if (follower.getLastRpcElapsedTimeMs() <= SILENCE_MILLIS_MAX) {
                heard++;
            }
        }
        return heard > voters.size() / 2;
    }

    /** Hands a write over in this process. */
    CompletableFuture<RaftClientReply> write(final byte[] entry) throws IOException {
        return server.submitClientRequestAsync(
                request(selfId, entry, RaftClientRequest.writeRequestType()).build());
    }

    /**
     * Asks for a read that this node may answer once it has applied what the leader had committed. Always completes,
     * also when Raft ends meanwhile.
     */
    CompletableFuture<RaftClientReply> read() throws IOException {
        return server.submitClientRequestAsync(request(selfId, new byte[0], RaftClientRequest.readRequestType())
                        .build())
                .orTimeout(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS);
    }

    private RaftClientRequest.Builder request(
            final RaftPeerId to, final byte[] bytes, final RaftClientRequest.Type type) {
        return request(clientId, groupId, to, bytes, type);
    }

    static RaftClientRequest.Builder request(
            final ClientId by,
            final RaftGroupId group,
            final RaftPeerId to,
            final byte[] bytes,
            final RaftClientRequest.Type type) {
        return RaftClientRequest.newBuilder()
                .setClientId(by)
                .setServerId(to)
                .setGroupId(group)
                .setCallId(CallId.getAndIncrement())
                .setMessage(Message.valueOf(UnsafeByteOperations.unsafeWrap(bytes)))
                .setType(type);
    }

    /** Takes a snapshot if at least {@code gap} entries were applied since the last one. */
    void takeSnapshot(final long gap) throws IOException {
        final RaftClientReply reply = server.snapshotManagement(SnapshotManagementRequest.newCreate(
                clientId, selfId, groupId, CallId.getAndIncrement(), SNAPSHOT_MILLIS_MAX, gap));
        if (!reply.isSuccess()) {
            throw reply.getException();
        }
    }

    /**
     * As leader of others: hands leadership to a voter that is in touch, so that writes need not wait for
     * a timeout.
     *
     * @param isWilling which voters rather than others
     */
    void giveUpLeadership(final Predicate<String> isWilling) {
        if (!isLeader() || voters().size() < 2) {
            return;
        }
        followers().stream()
                .filter(follower -> follower.getLastRpcElapsedTimeMs() <= SILENCE_MILLIS_MAX)
                .min(Comparator.<ServerRpcProto, Boolean>comparing(follower -> !isWilling.test(id(follower)))
                        .thenComparingLong(ServerRpcProto::getLastRpcElapsedTimeMs))
                .ifPresent(follower -> transferTo(RaftPeerId.valueOf(id(follower))));
    }

    /** As leader: the other voters that have answered lately, who was heard last first. */
    List<String> othersInTouch() {
        return followers().stream()
                .filter(follower -> follower.getLastRpcElapsedTimeMs() <= SILENCE_MILLIS_MAX)
                .sorted(Comparator.comparingLong(ServerRpcProto::getLastRpcElapsedTimeMs))
                .map(RaftNode::id)
                .toList();
    }

    private static String id(final ServerRpcProto follower) {
        return follower.getId().getId().toStringUtf8();
    }

    /** As leader: the other voters, and when each was last heard of. */
    private List<ServerRpcProto> followers() {
        return division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
    }

    /**
     * How long ago this node, as a voter, last heard that it is the leader, or from the leader; very long when there is
     * none.
     */
    long silenceMillis() {
        if (isLeader()) {
            final int others = voters().size() / 2;
            return followers().stream()
                    .map(ServerRpcProto::getLastRpcElapsedTimeMs)
                    .sorted()
                    .skip(Math.max(0, others - 1))
                    .findFirst()
                    .orElse(0L);
        }
        return leader() == null
                ? Long.MAX_VALUE
                : division.getInfo()
                        .getRoleInfoProto()
                        .getFollowerInfo()
                        .getLeaderInfo()
                        .getLastRpcElapsedTimeMs();
    }

    /** How Raft stands here now. */
    CatalogFigures figures() {
        return RaftFigures.of(division, isVoter());
    }

    /** True when everything is applied that this node knows to be committed. */
    boolean hasAppliedAll() {
        return division.getInfo().getLastAppliedIndex() >= division.getRaftLog().getLastCommittedIndex();
    }

    /** As leader: true when the others have waited too long for this node's disk. */
    boolean isSlow(final SlowDisk disk, final long nowNanos) {
        try {
            return isLeader()
                    && disk.isDue(
                            division.getRaftLog().getNextIndex() - 1,
                            division.getRaftLog().getFlushIndex(),
                            nowNanos);
        } catch (final IllegalStateException e) {
            LOG.debug("catalog log is closed", e);
            return false;
        }
    }

    /** True when nothing stands in this node's log after {@code index}; false also when the log is closed. */
    boolean endsWith(final long index) {
        try {
            return division.getRaftLog().getNextIndex() == index + 1;
        } catch (final IllegalStateException e) {
            // Raft closes it while others still ask, as when this node was taken out of the group.
            LOG.debug("catalog log is closed", e);
            return false;
        }
    }

    /**
     * Writes down how far the log is committed and on this disk, when that is more than {@code written}; returns what
     * is written now.
     */
    RaftLogFloor noteFloor(final Path groupFolder, final RaftLogFloor written) throws IOException {
        final RaftLogFloor floor = written.with(
                Math.min(
                        division.getRaftLog().getLastCommittedIndex(),
                        division.getRaftLog().getFlushIndex()),
                division.getInfo().getCurrentTerm());
        if (!floor.equals(written)) {
            floor.write(groupFolder);
        }
        return floor;
    }

    /** Hands leadership to this voter. */
    void transferLeadership(final String successor) throws IOException {
        if (!transferTo(RaftPeerId.valueOf(successor))) {
            throw new IOException("leadership did not move to " + successor);
        }
    }

    private boolean transferTo(final RaftPeerId successor) {
        try {
            final RaftClientReply reply = server.transferLeadershipAsync(new TransferLeadershipRequest(
                            clientId, selfId, groupId, CallId.getAndIncrement(), successor, TRANSFER_MILLIS_MAX))
                    .get(TRANSFER_MILLIS_MAX, TimeUnit.MILLISECONDS);
            LOG.info("catalog leadership given up to={} done={}", successor, reply.isSuccess());
            return reply.isSuccess();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (final IOException | ExecutionException | TimeoutException e) {
            // Stopping goes on; the others elect a leader when this one is silent.
            LOG.info("catalog leadership not given up to={} reason={}", successor, RatisErrors.reason(e));
        }
        return false;
    }

    /** Stops the server; the state and its store stay open. */
    @Override
    public void close() {
        machine.closing();
        try {
            server.close();
        } catch (final IOException e) {
            LOG.warn("Raft did not stop cleanly", e);
        }
    }

    /** What to throw: a refusal as it is, everything else with the folder and the port. */
    static RuntimeException cannotStart(final CatalogConfig config, final Throwable cause) {
        if (cause instanceof RegistryException || cause instanceof StorageException) {
            return (RuntimeException) cause;
        }
        if (RatisErrors.isDiskFull(cause)) {
            return new StorageFullException(
                    config.raftFolder() + ": the disk is full (" + RatisErrors.reason(RatisErrors.unwrap(cause))
                            + "): free space, then start the node again",
                    cause);
        }
        return new RegistryException(
                ErrorCode.UNAVAILABLE,
                "Raft cannot start on " + config.raftFolder() + ", port "
                        + config.self().raftPort() + ": " + RatisErrors.reason(RatisErrors.unwrap(cause)));
    }
}
