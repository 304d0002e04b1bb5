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
     * @param holds true when the requester holds entries that may have been deregistered and collected: an answerer
     *     that collected something the requester lacks then answers with a reset
     */
    record SyncRequest(long session, Digest have, boolean holds) implements LogMessage {
        /** From a node that holds nothing, or asks again for what it has. */
        public SyncRequest(final long session, final Digest have) {
            this(session, have, false);
        }

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
     * @param reset there are no entries: the requester must begin again with nothing, {@code heads} show why; without
     *     heads: this node has nothing to give at the moment
     */
    record SyncChunk(
            long session, int index, boolean last, List<LogEntry> entries, List<Digest.Head> heads, boolean reset)
            implements LogMessage {
        /** A chunk of entries. */
        public SyncChunk(
                final long session,
                final int index,
                final boolean last,
                final List<LogEntry> entries,
                final List<Digest.Head> heads) {
            this(session, index, last, entries, heads, false);
        }

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
