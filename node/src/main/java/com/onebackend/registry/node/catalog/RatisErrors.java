package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegistryException;
import java.net.ConnectException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.exceptions.GroupMismatchException;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.apache.ratis.protocol.exceptions.SetConfigurationException;
import org.apache.ratis.protocol.exceptions.StateMachineException;

/**
 * What Raft's failures mean to the caller: the only place that translates them.
 *
 * <p>The rule: a write counts as not done only where that is certain. "Not the leader" is not: a leader that steps down
 * answers its pending requests so, and their entries may still be committed by the next one. Nobody can tell that from
 * the same answer to a request that came too late.
 */
final class RatisErrors {
    private static final int CAUSES_MAX = 16;
    /** What a leader says that has no room for a request; it has others, for entries that are in its log already. */
    private static final String NO_ROOM = "acquire a pending write request";

    private RatisErrors() {}

    /** A reply to a write. */
    static Attempt attempt(final RaftClientReply reply) {
        if (reply.isSuccess()) {
            return Attempt.done(
                    CatalogCodec.decodeResult(reply.getMessage().getContent().toByteArray()));
        }
        return attempt(reply.getException());
    }

    /** A write that failed with {@code thrown}. */
    static Attempt attempt(final Throwable thrown) {
        final Throwable cause = unwrap(thrown);
        final String reason = reason(cause);
        if (cause instanceof ResourceUnavailableException && reason.contains(NO_ROOM)) {
            return new Attempt(Attempt.Kind.OVERLOADED, null, "the leader has too many writes under way");
        }
        if (cause instanceof StateMachineException) {
            return new Attempt(Attempt.Kind.BROKEN, null, reason);
        }
        if (cause instanceof LeaderNotReadyException
                || cause instanceof LeaderSteppingDownException
                || cause instanceof ServerNotReadyException
                || cause instanceof GroupMismatchException
                || isRefusedConnection(cause)) {
            return Attempt.notDone(reason);
        }
        return Attempt.unknown(reason);
    }

    /** Nobody listened, so nothing was sent. */
    private static boolean isRefusedConnection(final Throwable thrown) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            if (cause instanceof ConnectException) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    /** The refusal of a write that was given up after {@code last}. */
    static RegistryException gaveUp(final boolean maybeDone, final Attempt last) {
        if (last.kind() == Attempt.Kind.BROKEN) {
            return new RegistryException(ErrorCode.INTERNAL, "the catalog failed to apply the write: " + last.reason());
        }
        if (maybeDone) {
            return new RegistryException(
                    ErrorCode.INDETERMINATE,
                    "the catalog did not answer in time, so the write may have happened or not; read before a retry ("
                            + last.reason() + ")");
        }
        if (last.kind() == Attempt.Kind.OVERLOADED) {
            return overloaded(last.reason());
        }
        return new RegistryException(
                ErrorCode.UNAVAILABLE,
                "the catalog has no majority of its voters, so the write did not happen; retry later (" + last.reason()
                        + ")");
    }

    static RegistryException closing() {
        return new RegistryException(ErrorCode.UNAVAILABLE, "this node is closing, so it did not happen");
    }

    static RegistryException overloaded(final String reason) {
        return new RegistryException(ErrorCode.OVERLOADED, reason + "; retry after a pause");
    }

    /** A linearizable read that failed. */
    static RegistryException read(final Throwable thrown) {
        return new RegistryException(
                ErrorCode.UNAVAILABLE,
                "no majority of the catalog's voters confirmed the read; retry, or read without consistency=strong ("
                        + reason(unwrap(thrown)) + ")");
    }

    /** A change of the voters that failed. */
    static RegistryException change(final Throwable thrown) {
        final Throwable cause = unwrap(thrown);
        if (cause instanceof RegistryException refusal) {
            return refusal;
        }
        if (cause instanceof SetConfigurationException) {
            return new RegistryException(
                    ErrorCode.CONFLICT, "the voters have changed meanwhile; look, then retry (" + reason(cause) + ")");
        }
        if (cause instanceof ReconfigurationInProgressException) {
            return new RegistryException(
                    ErrorCode.CONFLICT, "another change of the voters is under way; retry in a moment");
        }
        return new RegistryException(
                ErrorCode.INDETERMINATE,
                "the change of the voters was not confirmed; look before a retry (" + reason(cause) + ")");
    }

    static Throwable unwrap(final Throwable thrown) {
        Throwable cause = thrown;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Whether it comes from a full disk; Java and Raft tell it by their texts only. */
    static boolean isDiskFull(final Throwable thrown) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++, cause = cause.getCause()) {
            final String text = String.valueOf(cause.getMessage());
            if (text.contains("No space left on device")
                    || text.contains("Disk quota exceeded")
                    || text.endsWith(": NO_SPACE")) {
                return true;
            }
        }
        return false;
    }

    static String reason(final Throwable thrown) {
        final String message = thrown.getMessage();
        final String text = thrown.getClass().getSimpleName() + (message == null ? "" : ": " + message);
        final int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
