package com.onebackend.registry.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.onebackend.registry.model.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Several replicas under random writes, late disks, lost pushes, sessions that break off at any chunk and crashes: no
 * vector ever claims what is not there, no number is given twice, and in the end all have what the dumb model says.
 */
class ReplicaClusterTest {
    private static final int NODES = 4;
    private static final int STEPS = 500;

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 40);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyReplicaEndsWithTheStateOfAllEntries(final long seed) {
        new Run(seed, 0, 6, 12).toTheEnd();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void crashesLoseNothingConfirmedAndReuseNoNumber(final long seed) {
        new Run(seed, 4, 6, 12).toTheEnd();
    }

    /** Long sessions, most of which are cut somewhere and go on with whoever is asked next. */
    @Test
    void sessionsThatAreCutAndResumedAnywhereLoseNothing() {
        long resumed = 0;
        for (long seed = 1; seed <= 200; seed++) {
            final Run run = new Run(seed, seed % 2 == 0 ? 0 : 1, 12, 20);
            run.pushPercent = (int) (seed % 3) * 20;
            run.toTheEnd();
            resumed += run.resumed;
        }
        assertThat(resumed).as("sessions resumed").isGreaterThan(400);
    }

    /** An own session in flight. */
    private record Session(Node requester, Node answerer, LogMessage.SyncChunk arriving) {}

    private static final class Run {
        private final Random random;
        private final String label;
        private final int crashPercent;
        private final List<Node> nodes = new ArrayList<>();
        private final List<Session> sessions = new ArrayList<>();
        /** Everything that was on a disk for certain. */
        private final EntrySet confirmed = new EntrySet();
        /** Written, not confirmed yet, by node. */
        private final Map<Node, List<LogEntry>> unconfirmed = new HashMap<>();
        /** Who got which number, as far as anybody else could learn it. */
        private final Map<List<Object>, LogEntry> numbers = new HashMap<>();

        private final int instances;
        private final int cutPercent;
        private int pushPercent = 60;
        private long resumed;

        Run(final long seed, final int crashPercent, final int instances, final int cutPercent) {
            this.random = new Random(seed);
            this.label = "seed " + seed;
            this.crashPercent = crashPercent;
            this.instances = instances;
            this.cutPercent = cutPercent;
            for (int i = 0; i < NODES; i++) {
                final Node node = new Node(new Origin(random.nextLong()), Entries.SMALL);
                nodes.add(node);
                unconfirmed.put(node, new ArrayList<>());
            }
        }

        void toTheEnd() {
            for (int step = 0; step < STEPS; step++) {
                act();
                checkVectors();
            }
            settle();
            checkEnd();
        }

        private void act() {
            final Node node = nodes.get(random.nextInt(NODES));
            final int dice = random.nextInt(100);
            if (dice < crashPercent) {
                crash(node);
            } else if (dice < 35) {
                final LogEntry entry = node.write("i" + random.nextInt(instances), Entries.randomPart(random));
                unconfirmed.get(node).add(entry);
            } else if (dice < 55) {
                confirm(node, random.nextInt(node.unconfirmed() + 1));
                push(node, pushPercent);
            } else if (dice < 70) {
                open(node, nodes.get(random.nextInt(NODES)));
            } else {
                stepSession();
            }
        }

        private void confirm(final Node node, final int batches) {
            node.confirm(batches);
            final long durable = maxVersion(node, node.origin);
            unconfirmed.get(node).removeIf(entry -> {
                final boolean isDurable = entry.version() <= durable;
                if (isDurable) {
                    confirmed(entry);
                }
                return isDurable;
            });
        }

        private void confirmed(final LogEntry entry) {
            confirmed.add(entry);
            final LogEntry before = numbers.put(List.of(entry.origin(), entry.version()), entry);
            assertThat(before).as("%s: number given twice", label).isIn(null, entry);
        }

        private void push(final Node node, final int percent) {
            for (final LogMessage.Push push : node.pushes()) {
                for (final Node peer : nodes) {
                    if (peer != node && random.nextInt(100) < percent) {
                        assertThat(peer.offer(push)).isNotEqualTo(DeltaVerdict.REFUSED);
                    }
                }
            }
        }

        private void open(final Node requester, final Node answerer) {
            if (requester != answerer) {
                answerer.replica
                        .answer(requester.name, requester.request(answerer), 0)
                        .ifPresent(chunk -> sessions.add(new Session(requester, answerer, chunk)));
            }
        }

        private void stepSession() {
            if (sessions.isEmpty()) {
                return;
            }
            final Session session = sessions.remove(random.nextInt(sessions.size()));
            final LogMessage.SyncChunk chunk = session.arriving();
            if (random.nextInt(100) < cutPercent) {
                session.requester().replica.abandon(chunk.session());
                return;
            }
            resumed += chunk.isResumed() ? 1 : 0;
            assertThat(chunk.entries().size()).isLessThanOrEqualTo(Entries.SMALL.chunkEntriesMax());
            final String requester = session.requester().name;
            final Replica answerer = session.answerer().replica;
            final SyncVerdict verdict = session.requester().chunk(chunk);
            if (verdict == SyncVerdict.MORE) {
                answerer.answer(requester, new LogMessage.SyncNext(chunk.session(), chunk.index() + 1), 0)
                        .ifPresentOrElse(
                                next -> sessions.add(new Session(session.requester(), session.answerer(), next)),
                                () -> session.requester().replica.abandon(chunk.session()));
            } else if (verdict == SyncVerdict.LATER) {
                answerer.stopped(requester, new LogMessage.SyncStop(chunk.session()));
            }
        }

        private void crash(final Node node) {
            sessions.removeIf(session -> {
                final boolean isBroken = session.requester() == node || session.answerer() == node;
                if (isBroken) {
                    session.requester().replica.abandon(session.arriving().session());
                }
                return isBroken;
            });
            final List<LogEntry> kept = node.crash(random.nextInt(node.unconfirmed() + 1));
            unconfirmed.get(node).clear();
            kept.stream().filter(entry -> entry.origin().equals(node.origin)).forEach(this::confirmed);
        }

        /** The rule everything rests on: up to the vector, everything is there or superseded. */
        private void checkVectors() {
            for (final Node node : nodes) {
                final Map<Origin, Long> vector = new HashMap<>();
                node.replica.digest().heads().forEach(head -> vector.put(head.origin(), head.maxVersion()));
                for (final LogEntry entry : confirmed.entries()) {
                    final InstanceParts parts = node.replica.shown(entry.instanceId());
                    if (entry.version() <= vector.getOrDefault(entry.origin(), 0L)
                            && !parts.with(entry).equals(parts)) {
                        fail("%s: %s claims to have %s", label, node.name, entry);
                    }
                }
            }
        }

        private void settle() {
            sessions.forEach(session ->
                    session.requester().replica.abandon(session.arriving().session()));
            sessions.clear();
            nodes.forEach(node -> node.replica.expireSessions(Entries.SMALL.sessionIdleNanos()));
            nodes.forEach(node -> confirm(node, node.unconfirmed()));
            nodes.forEach(node -> push(node, 50));
            for (int round = 0; round < 4; round++) {
                for (final Node requester : nodes) {
                    nodes.stream().filter(peer -> peer != requester).forEach(requester::syncFrom);
                }
            }
        }

        private void checkEnd() {
            for (final Node node : nodes) {
                for (final String id : confirmed.instanceIds()) {
                    assertThat(node.replica.parts(id)).as(label).isEqualTo(confirmed.parts(id));
                }
                assertThat(node.replica.digestHash())
                        .as(label)
                        .isEqualTo(nodes.get(0).replica.digestHash());
                assertThat(nodes.stream().anyMatch(peer -> node.replica.lacksFrom(peer.replica.digest())))
                        .as(label)
                        .isFalse();
                checkDisk(node);
            }
        }

        private void checkDisk(final Node node) {
            final long digestHash = node.replica.digestHash();
            node.crash(node.unconfirmed());
            assertThat(node.replica.digestHash())
                    .as("%s: after a restart", label)
                    .isEqualTo(digestHash);
        }

        private static long maxVersion(final Node node, final Origin origin) {
            return node.replica.digest().heads().stream()
                    .filter(head -> head.origin().equals(origin))
                    .mapToLong(Digest.Head::maxVersion)
                    .findFirst()
                    .orElse(0);
        }
    }
}
