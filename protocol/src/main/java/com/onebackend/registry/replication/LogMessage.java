package com.onebackend.registry.replication;

import com.onebackend.registry.model.Origin;
import java.util.List;

/** What nodes tell each other about instances. All of it travels by stream, except {@link Have}. */
public sealed interface LogMessage {
    /** Which message this is, for an exhaustive switch. */
    Type type();

    /** One constant per message record. */
    enum Type {
        PUSH,
        SYNC_REQUEST,
        SYNC_CHUNK,
        SYNC_NEXT,
        SYNC_STOP,
        SYNC_PROBE,
        SYNC_STATUS,
        HAVE,
        GRAFT
    }

    /**
     * An origin to every member, as soon as its new versions are durable, or what such a push said to one that asks
     * with {@link Graft}. Not answered; a receiver that lacks {@code base} asks with {@link Graft}.
     *
     * @param base the receiver must have all of the origin's versions up to here
     * @param head after applying it has all versions up to here
     * @param entries every version produced in (base, head], ascending; a restart skips numbers
     * @param madeMillis the origin's hybrid clock when it made the push; a very late one is not applied
     */
    record Push(Origin origin, long base, long head, long gcVersion, List<LogEntry> entries, long madeMillis)
            implements LogMessage {
        public Push {
            entries = List.copyOf(entries);
        }

        /** Made when its latest entry was. */
        public Push(
                final Origin origin,
                final long base,
                final long head,
                final long gcVersion,
                final List<LogEntry> entries) {
            this(origin, base, head, gcVersion, entries, latestMillis(entries));
        }

        private static long latestMillis(final List<LogEntry> entries) {
            return entries.stream()
                    .mapToLong(entry -> entry.stamp().millis())
                    .max()
                    .orElse(0);
        }

        @Override
        public Type type() {
            return Type.PUSH;
        }

        /** What its entries take on the wire at most, roughly. */
        public long estimatedBytes() {
            long bytes = 0;
            for (final LogEntry entry : entries) {
                bytes += EntrySize.of(entry);
            }
            return bytes;
        }
    }

    /**
     * A node that wants what it lacks to one that may have it. Answered by {@link SyncChunk} 0, at once or a little
     * later, or by {@link SyncStop}; a receiver that sees in the digest that it lacks something itself sends a request
     * of its own.
     *
     * @param session chosen by the requester, unique for it
     * @param holds true when the requester holds entries that may have been deregistered and collected: an answerer
     *     that collected something the requester lacks then answers with a reset, unless it follows the resume points
     * @param resume where an earlier session broke off; followed by an answerer that has enough, else ignored
     * @param audits logs that differ under equal vectors: what of them is in differing buckets is sent as well
     */
    record SyncRequest(long session, Digest have, boolean holds, List<ResumePoint> resume, List<LogAudit> audits)
            implements LogMessage {
        public SyncRequest {
            resume = List.copyOf(resume);
            audits = List.copyOf(audits);
        }

        /** A request with nothing but the digest, from a node that holds nothing else. */
        public SyncRequest(final long session, final Digest have) {
            this(session, have, false, List.of(), List.of());
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
     * @param isResumed on chunk 0: the answerer followed the request's resume points
     * @param resume where the requester may go on with any peer, should no further chunk come; not on every chunk
     */
    record SyncChunk(
            long session,
            int index,
            boolean last,
            List<LogEntry> entries,
            List<Digest.Head> heads,
            boolean reset,
            boolean isResumed,
            List<ResumePoint> resume)
            implements LogMessage {
        public SyncChunk {
            entries = List.copyOf(entries);
            heads = List.copyOf(heads);
            resume = List.copyOf(resume);
        }

        /** A chunk of a session that was not resumed and says nothing of how to. */
        public SyncChunk(
                final long session,
                final int index,
                final boolean last,
                final List<LogEntry> entries,
                final List<Digest.Head> heads) {
            this(session, index, last, entries, heads, false, false, List.of());
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

    /**
     * Either side of a session: it is over before its last chunk. The answerer has no room, or does not know the
     * session any more: ask somebody else. The requester wants no more of it. Not answered.
     */
    record SyncStop(long session) implements LogMessage {
        @Override
        public Type type() {
            return Type.SYNC_STOP;
        }
    }

    /**
     * The first message of a session, before anything is listed: who wants to know whether it lacks something to one
     * that may have it. Answered by {@link SyncStatus}.
     *
     * @param hash over the requester's vector
     * @param isDeep the hash covers what was collected, too
     */
    record SyncProbe(long session, long hash, boolean isDeep) implements LogMessage {
        @Override
        public Type type() {
            return Type.SYNC_PROBE;
        }
    }

    /**
     * The answer to {@link SyncProbe}.
     *
     * @param isLoading the sender has not yet heard anybody who had everything: others may have what both lack
     */
    record SyncStatus(long session, Kind kind, boolean isLoading) implements LogMessage {
        /** What the requester has to do. */
        public enum Kind {
            /** The vectors are equal: the session is over. */
            SAME,
            /** Send a {@link SyncRequest}. */
            DIFFERS
        }

        @Override
        public Type type() {
            return Type.SYNC_STATUS;
        }
    }

    /**
     * Any member to a few others, shortly after versions reached it: what it has now. Travels as a datagram. A receiver
     * that still lacks it after a while asks with {@link Graft}.
     */
    record Have(List<Mark> marks) implements LogMessage {
        public Have {
            marks = List.copyOf(marks);
        }

        /** All versions of the origin up to here are there. */
        public record Mark(Origin origin, long version) {}

        @Override
        public Type type() {
            return Type.HAVE;
        }
    }

    /**
     * Who lacks pushes of an origin to one that has applied them. Answered by the {@link Push}es after {@code base}, as
     * the origin made them, while the answerer still keeps them; else not answered.
     *
     * @param base the asker has all versions up to here
     */
    record Graft(Origin origin, long base) implements LogMessage {
        @Override
        public Type type() {
            return Type.GRAFT;
        }
    }
}
