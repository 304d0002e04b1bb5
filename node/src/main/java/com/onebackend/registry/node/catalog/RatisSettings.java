package com.onebackend.registry.node.catalog;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** How Raft runs here. Every value that is not Ratis's own default stands here with its reason. */
final class RatisSettings {
    static final int ELECTION_MILLIS_MIN = 400;
    static final int ELECTION_MILLIS_MAX = 800;
    /** How long a linearizable read waits for a leader that does not answer. */
    static final int READ_MILLIS_MAX = 2_000;
    /** How long a new voter may take to catch up before its joining is given up and tried again. */
    static final int STAGING_MILLIS_MAX = 10_000;
    /** One request of an administrator's client; longer than the catching up it may wait for. */
    static final int ADMIN_MILLIS_MAX = STAGING_MILLIS_MAX + 5_000;

    /** With less, Raft does not start: it would end in the middle of something. */
    static final long FREE_BYTES_MIN = 256L << 20;

    /**
     * What a leader sends of snapshots, to all voters together. Ratis holds each piece for as long as its answer may
     * take, so this times that is what the heap must have for it: some 100 MB.
     */
    static final long SNAPSHOT_BYTES_PER_SECOND = 12_000_000;

    private static final String SNAPSHOT_PIECE = "1MB";
    private static final int SNAPSHOT_PIECES_UNANSWERED_MAX = 4;
    /** Times the pieces that may be unanswered: Ratis waits so long for the answer to one. */
    private static final int SNAPSHOT_PIECE_MILLIS_MAX = 2_000;

    /**
     * For ever: where the attempts are at an end, Ratis goes on without any pause. A leader would spend all of a
     * processor, and its heap if it has a snapshot to send, on a voter that is down for a minute.
     */
    private static final String APPENDER_RETRY = "ExponentialBackoffRetry,50ms,500ms," + Integer.MAX_VALUE;

    private RatisSettings() {}

    static RaftProperties server(final CatalogConfig config) {
        final RaftProperties properties = new RaftProperties();
        RaftConfigKeys.Rpc.setType(properties, new PacedGrpc());
        RaftServerConfigKeys.setStorageDir(
                properties, List.of(config.raftFolder().toFile()));
        // Not by a majority: a leader that was deposed must not answer.
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.Read.setTimeout(properties, millis(READ_MILLIS_MAX));
        // A lease can outlive the leader: a voter in an election skips the check that protects it.
        RaftServerConfigKeys.Read.setLeaderLeaseEnabled(properties, false);
        elections(properties);
        log(properties);
        snapshots(properties, config.snapshots());
        RaftServerConfigKeys.setStagingTimeout(properties, millis(STAGING_MILLIS_MAX));
        // A machine that slept longer than this closes Raft; the process then exits and starts anew.
        RaftServerConfigKeys.setCloseThreshold(properties, TimeDuration.valueOf(300, TimeUnit.SECONDS));
        RaftServerConfigKeys.Rpc.setSlownessTimeout(properties, TimeDuration.valueOf(600, TimeUnit.SECONDS));
        RaftServerConfigKeys.setStorageFreeSpaceMin(properties, SizeInBytes.valueOf(FREE_BYTES_MIN));
        // Without a host it would listen on every interface.
        GrpcConfigKeys.Server.setHost(properties, config.bindHost());
        GrpcConfigKeys.Server.setPort(properties, config.self().raftPort());
        GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf("32MB"));
        return properties;
    }

    private static void elections(final RaftProperties properties) {
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, millis(ELECTION_MILLIS_MIN));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, millis(ELECTION_MILLIS_MAX));
        RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
        RaftServerConfigKeys.LeaderElection.setMemberMajorityAdd(properties, false);
    }

    private static void log(final RaftProperties properties) {
        // The alternative drops acknowledged writes silently at the first bad record.
        RaftServerConfigKeys.Log.setCorruptionPolicy(properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
        // Halves the entries and the latency of a write.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("8MB"));
        // Zeroed ahead, so that a full disk shows while preallocating and not within a record.
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
        appenders(properties);
    }

    /** Of a leader, one for each other voter. */
    static void appenders(final RaftProperties properties) {
        RaftServerConfigKeys.Log.Appender.setWaitTimeMin(properties, millis(1));
        // By default a follower that returns may wait 5 s to be noticed.
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, APPENDER_RETRY);
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(properties, SizeInBytes.valueOf(SNAPSHOT_PIECE));
        GrpcConfigKeys.Server.setInstallSnapshotRequestElementLimit(properties, SNAPSHOT_PIECES_UNANSWERED_MAX);
        GrpcConfigKeys.Server.setInstallSnapshotRequestTimeout(properties, millis(SNAPSHOT_PIECE_MILLIS_MAX));
    }

    private static void snapshots(final RaftProperties properties, final CatalogConfig.Snapshots snapshots) {
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, snapshots.everyEntries());
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, 2);
        // Stopping must be quick; the store keeps its own applied index.
        RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
        RaftServerConfigKeys.Snapshot.setTriggerWhenRemoveEnabled(properties, false);
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
        RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(properties, snapshots.keptEntries());
    }

    /** For a client whose requests last at most {@code requestMillisMax}. */
    static RaftProperties client(final int requestMillisMax) {
        final RaftProperties properties = new RaftProperties();
        RaftConfigKeys.Rpc.setType(properties, SupportedRpcType.GRPC);
        RaftClientConfigKeys.Rpc.setRequestTimeout(properties, millis(requestMillisMax));
        GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf("32MB"));
        return properties;
    }

    static Parameters parameters(final CatalogTls tls) {
        final Parameters parameters = new Parameters();
        if (tls != null) {
            final GrpcTlsConfig mutual = new GrpcTlsConfig(tls.keyManager(), tls.trustManager(), true);
            GrpcConfigKeys.TLS.setConf(parameters, mutual);
            GrpcConfigKeys.Server.setTlsConf(parameters, mutual);
            GrpcConfigKeys.Client.setTlsConf(parameters, mutual);
            GrpcConfigKeys.Admin.setTlsConf(parameters, mutual);
        }
        return parameters;
    }

    static TimeDuration millis(final long millis) {
        return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
    }
}
