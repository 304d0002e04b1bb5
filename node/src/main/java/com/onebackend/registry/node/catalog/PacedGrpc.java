package com.onebackend.registry.node.catalog;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;

/** Ratis over gRPC, with a pace for snapshots. Ratis makes one by the name of the class. */
public final class PacedGrpc implements RpcType {
    @Override
    public String name() {
        return PacedGrpc.class.getName();
    }

    @Override
    public RpcFactory newFactory(final Parameters parameters) {
        return new Factory(parameters);
    }

    /** Of one server. */
    private static final class Factory extends GrpcFactory {
        private final SnapshotPace pace = new SnapshotPace(RatisSettings.SNAPSHOT_BYTES_PER_SECOND);

        Factory(final Parameters parameters) {
            super(parameters);
        }

        @Override
        public LogAppender newLogAppender(
                final RaftServer.Division server, final LeaderState state, final FollowerInfo follower) {
            return new PacedLogAppender(server, state, follower, pace);
        }
    }
}
