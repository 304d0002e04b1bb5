package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.List;

/** What nodes tell each other about instances. All of it travels by stream. */
public sealed interface LogMessage {
    /** Which message this is, for an exhaustive switch. */
    Type type();

    /** One constant per message record. */
    enum Type {
        PUSH,
        SYNC_REQUEST,
        SYNC_CHUNK,
        SYNC_NEXT
    }

    /**
     * An origin to every member, as soon as its new versions are durable. Not answered; a receiver that lacks
     * {@code base} asks with {@link SyncRequest}.
     *
     * @param base the receiver must have all of the origin's versions up to here
     * @param head after applying it has all versions up to here
     * @param entries every version produced in (base, head], ascending; a restart skips numbers
     */
    record Push(Origin origin, long base, long head, long gcVersion, List<LogEntry> entries) implements LogMessage {
        public Push {
            entries = List.copyOf(entries);
        }

        @Override
        public Type type() {
            return Type.PUSH;
        }
    }

    /**
     * A node that wants what it lacks to one that may have it. Answered by {@link SyncChunk} 0; a receiver that sees in
     * the digest that it lacks something itself sends a request of its own.
     *
     * @param session chosen by the requester, unique for it
     */
    record SyncRequest(long session, Digest have) implements LogMessage {
        @Override
        public Type type() {
            return Type.SYNC_REQUEST;
        }
    }

    /**
     * A part of the answer to {@link SyncRequest}. Entries may be applied on arrival, the vector advances only with the
     * last chunk, for all origins at once: a node that holds a superseding version of another origin has already
     * dropped the superseded one.
     *
     * @param index 0, 1, 2 ... without a gap, else the requester drops the session
     * @param last true on the final chunk
     * @param heads on the last chunk: what the requester has after it; else empty
     */
    record SyncChunk(long session, int index, boolean last, List<LogEntry> entries, List<Digest.Head> heads)
            implements LogMessage {
        public SyncChunk {
            entries = List.copyOf(entries);
            heads = List.copyOf(heads);
        }

        @Override
        public Type type() {
            return Type.SYNC_CHUNK;
        }
    }

    /** The requester, having applied a chunk that was not the last: send chunk {@code index}. */
    record SyncNext(long session, int index) implements LogMessage {
        @Override
        public Type type() {
            return Type.SYNC_NEXT;
        }
    }
}
