package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.WALL;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A replica with a disk that keeps any prefix of what it was given, at least what it confirmed. */
final class Node {
    final Origin origin;
    final String name;
    final ReplicaConfig config;
    Replica replica;
    private final List<Replica.Changes> batches = new ArrayList<>();
    private int confirmed;
    private static long nextSession = 1;

    Node(final Origin origin, final ReplicaConfig config) {
        this.origin = origin;
        this.name = origin.toString();
        this.config = config;
        this.replica = new Replica(origin, config);
    }

    LogEntry write(final String id, final Part part) {
        return write(id, part, WALL);
    }

    LogEntry write(final String id, final Part part, final long wallMillis) {
        final LogEntry entry = replica.write(id, part, wallMillis);
        persist();
        return entry;
    }

    /** Hands to the disk what changed. */
    Replica.Changes persist() {
        final Replica.Changes changes = replica.drain();
        batches.add(changes);
        return changes;
    }

    int unconfirmed() {
        return batches.size() - confirmed;
    }

    /** The disk confirms so many more batches. */
    void confirm(final int count) {
        long own = 0;
        for (int i = 0; i < count; i++) {
            own = Math.max(own, batches.get(confirmed++).ownVersion());
        }
        if (own > 0) {
            replica.durable(own);
        }
    }

    List<LogMessage.Push> pushes() {
        final List<LogMessage.Push> pushes = new ArrayList<>();
        for (Optional<LogMessage.Push> push = replica.nextPush(WALL); push.isPresent(); push = replica.nextPush(WALL)) {
            pushes.add(push.get());
        }
        return pushes;
    }

    /** Writes, confirms and returns the pushes. */
    List<LogMessage.Push> writeAndPush(final String id, final Part part) {
        write(id, part);
        confirm(unconfirmed());
        return pushes();
    }

    DeltaVerdict offer(final LogMessage.Push push) {
        final DeltaVerdict verdict = replica.offer(push, WALL);
        persist();
        return verdict;
    }

    SyncVerdict chunk(final LogMessage.SyncChunk chunk) {
        final SyncVerdict verdict = replica.chunk(chunk, WALL, 0);
        persist();
        return verdict;
    }

    /** A request whose answers come from nobody in particular. */
    LogMessage.SyncRequest request() {
        return replica.request(nextSession++, new MemberId("?", new Origin(0), new Generation(1)), 0);
    }

    LogMessage.SyncRequest request(final Node peer) {
        return request(peer, 0);
    }

    LogMessage.SyncRequest request(final Node peer, final long nowNanos) {
        return replica.request(nextSession++, new MemberId(peer.name, peer.origin, new Generation(1)), nowNanos);
    }

    /** A whole session; returns the number of entries that came. */
    int syncFrom(final Node peer) {
        LogMessage.SyncChunk chunk = peer.replica.answer(name, request(peer), 0).orElseThrow();
        int entries = chunk.entries().size();
        while (chunk(chunk) == SyncVerdict.MORE) {
            chunk = peer.replica
                    .answer(name, new LogMessage.SyncNext(chunk.session(), chunk.index() + 1), 0)
                    .orElseThrow();
            entries += chunk.entries().size();
        }
        return entries;
    }

    /** Loses the process and all batches but so many unconfirmed ones; returns what was kept. */
    List<LogEntry> crash(final int unconfirmedKept) {
        confirmed += unconfirmedKept;
        batches.subList(confirmed, batches.size()).clear();
        return restart();
    }

    /** The disk forgets batches although it had confirmed them. */
    void loseConfirmed(final int count) {
        batches.subList(batches.size() - count, batches.size()).clear();
        confirmed = batches.size();
        restart();
    }

    Map<LogEntry.PartKey, LogEntry> disk() {
        final Map<LogEntry.PartKey, LogEntry> registers = new LinkedHashMap<>();
        for (final Replica.Changes changes : batches) {
            if (changes.batch().reset()) {
                registers.clear();
            }
            changes.batch().puts().forEach(entry -> registers.put(entry.key(), entry));
            changes.batch().removals().forEach(registers::remove);
        }
        return registers;
    }

    /** Starts again on a disk that holds something else than was written. */
    void restartWith(final UnaryOperator<List<LogEntry>> fault) {
        confirm(unconfirmed());
        restart(fault);
    }

    private List<LogEntry> restart() {
        return restart(UnaryOperator.identity());
    }

    private List<LogEntry> restart(final UnaryOperator<List<LogEntry>> fault) {
        final Map<Origin, Digest.Head> heads = new HashMap<>();
        for (final Replica.Changes changes : batches) {
            if (changes.batch().reset()) {
                heads.clear();
            }
            changes.batch().heads().forEach(head -> heads.put(head.origin(), head));
        }
        replica = new Replica(origin, config);
        final List<LogEntry> stored = fault.apply(List.copyOf(disk().values()));
        stored.forEach(replica::restore);
        heads.values().forEach(replica::restoreHead);
        replica.drain();
        return stored;
    }
}
