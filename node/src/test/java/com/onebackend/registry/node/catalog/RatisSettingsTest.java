package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.retry.RetryPolicy;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a voter that is down, or far behind, may cost its leader. */
class RatisSettingsTest {
    private static final long SECOND = 1_000_000_000L;

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 99, 100, 101, 2_000, 1_000_000, Integer.MAX_VALUE - 1})
    void leaderPausesBetweenItsAttemptsHoweverManyHaveFailed(final int failures) {
        final RaftProperties properties = new RaftProperties();
        RatisSettings.appenders(properties);

        final RetryPolicy policy = RetryPolicy.parse(
                RaftServerConfigKeys.Log.Appender.retryPolicy(properties),
                RaftServerConfigKeys.Log.Appender.RETRY_POLICY_KEY);

        assertThat(policy.handleAttemptFailure(() -> failures).getSleepTime().toLong(TimeUnit.MILLISECONDS))
                .isBetween(25L, 1_000L);
    }

    @Test
    void snapshotsAreSentNoFasterThanTheirPaceToAllVotersTogether() {
        final SnapshotPace pace = new SnapshotPace(1_000);

        assertThat(pace.take(500, 7 * SECOND)).isZero();
        assertThat(pace.take(500, 7 * SECOND)).isEqualTo(SECOND / 2);
        assertThat(pace.take(1_000, 7 * SECOND)).isEqualTo(SECOND);
        assertThat(pace.take(1, 9 * SECOND)).isZero();
    }

    @Test
    void timeWithoutSnapshotsIsNotSavedUp() {
        final SnapshotPace pace = new SnapshotPace(1_000);
        pace.take(1, -100 * SECOND);

        assertThat(pace.take(1_000, 0)).isZero();
        assertThat(pace.take(1_000, 0)).isEqualTo(SECOND);
    }

    @Test
    void everyPieceOfTheSnapshotIsSentInItsOrder() {
        final List<InstallSnapshotRequestProto> pieces = List.of(piece(0), piece(1), piece(2));

        final Iterator<InstallSnapshotRequestProto> paced =
                new PacedLogAppender.Paced(pieces.iterator(), new SnapshotPace(1_000_000));

        assertThat(paced).toIterable().containsExactlyElementsOf(pieces);
    }

    @Test
    void stoppedAppenderDoesNotWaitForItsPace() {
        final SnapshotPace pace = new SnapshotPace(1);
        pace.take(1_000_000, System.nanoTime());
        Thread.currentThread().interrupt();

        final var paced = new PacedLogAppender.Paced(List.of(piece(0)).iterator(), pace);

        assertThat(paced.next()).isEqualTo(piece(0));
        assertThat(Thread.interrupted()).isTrue();
    }

    private static InstallSnapshotRequestProto piece(final int index) {
        final var piece = InstallSnapshotRequestProto.newBuilder();
        piece.getSnapshotChunkBuilder()
                .setRequestIndex(index)
                .addFileChunksBuilder()
                .setData(ByteString.copyFrom(new byte[100]));
        return piece.build();
    }
}
