package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.node.catalog.Attempt.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.CompletionException;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.AlreadyClosedException;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.apache.ratis.protocol.exceptions.SetConfigurationException;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.protocol.exceptions.TimeoutIOException;
import org.junit.jupiter.api.Test;

/** Which failure means that a write did not happen, and which leaves it open. */
class RatisErrorsTest {
    private static final RaftGroupMemberId MEMBER =
            RaftGroupMemberId.valueOf(RaftPeerId.valueOf("n1"), RaftGroupId.randomId());

    private static Kind kind(final Throwable thrown) {
        return RatisErrors.attempt(new CompletionException(thrown)).kind();
    }

    @Test
    void failuresBeforeTheLogAreNotDone() {
        assertThat(kind(new LeaderNotReadyException(MEMBER))).isEqualTo(Kind.NOT_DONE);
        assertThat(kind(new LeaderSteppingDownException("n1"))).isEqualTo(Kind.NOT_DONE);
        assertThat(kind(new ServerNotReadyException("n1"))).isEqualTo(Kind.NOT_DONE);
        assertThat(kind(new IOException(new ConnectException("refused")))).isEqualTo(Kind.NOT_DONE);
        assertThat(kind(new ResourceUnavailableException("Failed to acquire a pending write request in n1")))
                .isEqualTo(Kind.OVERLOADED);
    }

    /** One that ends appends the entry, and then finds that nobody can wait for it any more. */
    @Test
    void leaderThatEndsLeavesItOpen() {
        assertThat(kind(new NotLeaderException(MEMBER, null, null))).isEqualTo(Kind.UNKNOWN);
        assertThat(kind(new AlreadyClosedException("n1"))).isEqualTo(Kind.UNKNOWN);
        assertThat(kind(new ResourceUnavailableException("Failed to add a pending write request in n1")))
                .isEqualTo(Kind.UNKNOWN);
    }

    @Test
    void silenceAndBrokenConnectionsLeaveItOpen() {
        assertThat(kind(new TimeoutIOException("late"))).isEqualTo(Kind.UNKNOWN);
        assertThat(kind(new IOException("reset"))).isEqualTo(Kind.UNKNOWN);
        assertThat(kind(new StateMachineException("bug"))).isEqualTo(Kind.BROKEN);
    }

    @Test
    void fullDiskAtTheStartIsNothingToRepair() {
        assertThat(RatisErrors.isDiskFull(new CompletionException(new IOException("x: No space left on device"))))
                .isTrue();
        assertThat(RatisErrors.isDiskFull(new IOException("Failed to load /raft/group: NO_SPACE")))
                .isTrue();
        assertThat(RatisErrors.isDiskFull(new IOException("Input/output error")))
                .isFalse();
        assertThat(RatisErrors.isDiskFull(new IllegalStateException())).isFalse();
    }

    @Test
    void givingUpSaysWhetherItMayHaveHappened() {
        final Attempt last = Attempt.notDone("no leader is known");
        assertThat(RatisErrors.gaveUp(false, last).error().code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(RatisErrors.gaveUp(false, last).error().message()).contains("did not happen");
        assertThat(RatisErrors.gaveUp(true, last).error().code()).isEqualTo(ErrorCode.INDETERMINATE);
        assertThat(RatisErrors.gaveUp(true, last).error().message()).contains("may have happened");
        final Attempt full = new Attempt(Kind.OVERLOADED, null, "full");
        assertThat(RatisErrors.gaveUp(false, full).error().code()).isEqualTo(ErrorCode.OVERLOADED);
    }

    @Test
    void lostRacesOfConfigurationChangesAreConflicts() {
        assertThat(RatisErrors.change(new SetConfigurationException("differs"))
                        .error()
                        .code())
                .isEqualTo(ErrorCode.CONFLICT);
        assertThat(RatisErrors.change(new ReconfigurationInProgressException("busy"))
                        .error()
                        .code())
                .isEqualTo(ErrorCode.CONFLICT);
        assertThat(RatisErrors.change(new IOException("reset")).error().code()).isEqualTo(ErrorCode.INDETERMINATE);
    }
}
