package com.onebackend.registry.node.catalog;

import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.statemachine.SnapshotInfo;

/**
 * Ratis's own, but it sends a snapshot no faster than the pace allows.
 *
 * <p><i>Thread:</i> the appender's own, one for each voter, which has nothing else to do while a snapshot is sent.
 */
final class PacedLogAppender extends GrpcLogAppender {
    private final SnapshotPace pace;

    PacedLogAppender(
            final RaftServer.Division server,
            final LeaderState leaderState,
            final FollowerInfo follower,
            final SnapshotPace pace) {
        super(server, leaderState, follower);
        this.pace = pace;
    }

    @Override
    public Iterable<InstallSnapshotRequestProto> newInstallSnapshotRequests(
            final String requestId, final SnapshotInfo snapshot) {
        final Iterable<InstallSnapshotRequestProto> requests = super.newInstallSnapshotRequests(requestId, snapshot);
        return () -> new Paced(requests.iterator(), pace);
    }

    /** The same pieces, each when its time has come. */
    static final class Paced implements Iterator<InstallSnapshotRequestProto> {
        private final Iterator<InstallSnapshotRequestProto> requests;
        private final SnapshotPace pace;

        Paced(final Iterator<InstallSnapshotRequestProto> requests, final SnapshotPace pace) {
            this.requests = requests;
            this.pace = pace;
        }

        @Override
        public boolean hasNext() {
            return requests.hasNext();
        }

        @Override
        public InstallSnapshotRequestProto next() {
            final InstallSnapshotRequestProto request = requests.next();
            final long waitNanos = pace.take(request.getSerializedSize(), System.nanoTime());
            try {
                TimeUnit.NANOSECONDS.sleep(waitNanos);
            } catch (final InterruptedException e) {
                // The appender is being stopped, and looks for itself before it sends.
                Thread.currentThread().interrupt();
            }
            return request;
        }
    }
}
