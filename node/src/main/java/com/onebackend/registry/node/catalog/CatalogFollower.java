package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.FeedCodec.CopyPart;
import com.onebackend.registry.node.catalog.FeedCodec.CopyRequest;
import com.onebackend.registry.node.catalog.FeedPeers.Candidate;
import com.onebackend.registry.storage.SnapshotException;
import com.onebackend.registry.wire.WireException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the catalog of a node without a vote like everybody else's: asks a voter for what comes next in the log, and
 * applies it in the log's order. Rests while this node votes and is in touch with a leader.
 *
 * <p>The log itself travels, not rows: so the state is at every moment what the voters had at that index, and a copy of
 * it is needed only after a long absence. The same pull as Raft learners and ZooKeeper observers do, over streams that
 * need no Raft configuration entry per node.
 *
 * <p><i>Thread:</i> its own; what it knows of the leader is read by any.
 */
final class CatalogFollower implements AutoCloseable {
    static final int WAIT_MILLIS = 2_000;
    /** Beyond the wait, until a source counts as silent. */
    static final int ANSWER_MILLIS_MAX = 3_000;
    /** The shortest time between two questions; more in large clusters, for the voters' sake. */
    static final long PACE_MILLIS_MIN = 25;
    /** A source that is older than this is left for another one, if there is any. */
    static final long SOURCE_AGE_MILLIS_MAX = 5_000;

    private static final Logger LOG = LoggerFactory.getLogger(CatalogFollower.class);
    private static final long REST_MILLIS = 100;
    private static final long LOOK_MILLIS = 3_000;
    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(2);
    private static final long CLOSE_MILLIS_MAX = 5_000;
    private static final Duration PART_TIMEOUT = Duration.ofSeconds(60);

    private final CatalogConfig config;
    private final CatalogState state;
    private final Role role;
    private final CatalogAge age;
    private final FeedSources sources;
    private final Path copyFile;
    private final Thread thread;
    private volatile Known known = new Known("", List.of());
    private volatile boolean closed;
    private String lastProblem = "";
    private long lookedNanos;
    private int looks;

    /** What the follower must know of this node's part in Raft. */
    interface Role {
        /** This node votes, and is in touch with a leader: nothing to do. */
        boolean isInTouch();

        /**
         * A catalog recovered by force, of epoch {@code ahead}, replaces this one: the Raft group this node is in is
         * over, unless it is that of an even later recovery by now.
         */
        void leaveGroup(CatalogEpoch ahead) throws InterruptedException;
    }

    /** What a source said last. */
    private record Known(String leaderId, List<CatalogPeer> voters) {
        int view() {
            return FeedAnswer.viewOf(leaderId, voters);
        }
    }

    CatalogFollower(final CatalogConfig config, final CatalogState state, final Role role, final CatalogAge age) {
        this.config = config;
        this.state = state;
        this.role = role;
        this.age = age;
        this.sources = new FeedSources(config.self().nodeId());
        this.copyFile = config.copiesFolder().resolve("incoming.partial");
        this.thread = new Thread(this::run, config.self().nodeId() + "-catalog-follower");
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** The leader as the last source knew it; null when it knew none. */
    CatalogPeer leader() {
        final Known now = known;
        return now.voters().stream()
                .filter(voter -> voter.nodeId().equals(now.leaderId()))
                .findFirst()
                .orElse(null);
    }

    /** The voters as the last source knew them, ordered by id; empty while none was asked. */
    List<CatalogPeer> voters() {
        return known.voters();
    }

    private void run() {
        try {
            while (!closed) {
                if (role.isInTouch()) {
                    leaveIfGivenUp();
                    TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
                } else {
                    round();
                }
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (final RuntimeException | Error e) {
            if (!closed) {
                config.onFatal().onFatal("the catalog could not be followed", e);
            }
        }
    }

    private void round() throws InterruptedException {
        final List<Candidate> candidates = config.peers().candidates();
        final long startNanos = System.nanoTime();
        final Candidate source = sources.best(
                candidates, known.voters().stream().map(CatalogPeer::nodeId).collect(Collectors.toSet()), startNanos);
        if (source == null) {
            TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
            return;
        }
        String problem;
        try {
            problem = follow(source, candidates.size());
        } catch (final IOException | WireException | SnapshotException e) {
            problem = RatisErrors.reason(e);
        }
        if (problem.isEmpty()) {
            sources.helped(source);
            pace(startNanos, candidates.size());
        } else {
            sources.failed(source, System.nanoTime());
        }
        if (!problem.equals(lastProblem)) {
            lastProblem = problem;
            if (!problem.isEmpty()) {
                LOG.info("catalog not followed source={} reason={}", source, problem);
            }
        }
    }

    /**
     * A majority of a group that was given up may return together, and elect a leader: somebody else has to tell them.
     */
    private void leaveIfGivenUp() throws InterruptedException {
        final long nowNanos = System.nanoTime();
        if (lookedNanos != 0 && nowNanos - lookedNanos < TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS)) {
            return;
        }
        lookedNanos = nowNanos;
        final byte[] question = FeedCodec.encode(new FeedPoll(state.epoch(), Long.MAX_VALUE, 0, 0));
        final List<Candidate> others = config.peers().candidates();
        if (others.isEmpty()) {
            return;
        }
        // One after the other, also those that gossip believes dead: to a node that was removed all others are.
        final Candidate other = others.get(Math.floorMod(looks++, others.size()));
        try {
            final FeedAnswer answer = FeedCodec.decodeAnswer(ask(other, question, LOOK_TIMEOUT));
            if (answer.epoch().isAheadOf(state.epoch())) {
                LOG.warn(
                        "catalog was recovered by force, says {}: this node's group is over epoch={} ahead={}",
                        other,
                        state.epoch(),
                        answer.epoch());
                role.leaveGroup(answer.epoch());
            }
        } catch (final IOException | WireException e) {
            LOG.debug("catalog epoch not told by={}", other, e);
        }
    }

    private static void pace(final long startNanos, final int others) throws InterruptedException {
        final long tookMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
        final long restMillis = Math.max(PACE_MILLIS_MIN, others) - tookMillis;
        if (restMillis > 0) {
            TimeUnit.MILLISECONDS.sleep(restMillis);
        }
    }

    /** Asks once; an empty text when it helped, else why not. */
    private String follow(final Candidate source, final int others) throws IOException, InterruptedException {
        final CatalogEpoch epoch = state.epoch();
        final long position = state.appliedIndex();
        final FeedPoll poll = new FeedPoll(epoch, position, WAIT_MILLIS, known.view());
        final FeedAnswer answer = FeedCodec.decodeAnswer(
                ask(source, FeedCodec.encode(poll), Duration.ofMillis(WAIT_MILLIS + ANSWER_MILLIS_MAX)));
        if (epoch.isAheadOf(answer.epoch())) {
            return "it has a catalog that was given up, of epoch " + answer.epoch();
        }
        if (answer.epoch().isAheadOf(epoch)) {
            LOG.warn("catalog was recovered by force: this node's is replaced epoch={} by={}", epoch, answer.epoch());
            role.leaveGroup(answer.epoch());
        }
        if (answer.epoch().isAheadOf(epoch) || answer.needsCopy()) {
            // The age is told with what comes after the copy, which is as old as it is.
            takeCopy(source, epoch, answer.epoch());
        } else if (answer.upTo() < position) {
            return "it is behind this node, at " + answer.upTo();
        } else if (!state.follow(epoch, position, answer.entries(), answer.upTo())) {
            return "it told of epoch " + epoch + ", and this catalog was replaced meanwhile";
        } else if (!answer.hasMore()) {
            age.current(answer.ageMillis(), System.nanoTime());
        }
        known = new Known(answer.leaderId(), answer.voters());
        return answer.ageMillis() > SOURCE_AGE_MILLIS_MAX && others > 1 ? "it is out of touch itself" : "";
    }

    /** Takes a whole copy, by way of a file, so that a copy that breaks off changes nothing. */
    private void takeCopy(final Candidate source, final CatalogEpoch of, final CatalogEpoch from)
            throws IOException, InterruptedException {
        Files.createDirectories(copyFile.getParent());
        try {
            final long applied = receive(source, from);
            final boolean isTaken;
            try (InputStream in = new BufferedInputStream(Files.newInputStream(copyFile))) {
                isTaken = state.replaceIn(of, from, applied, in);
            }
            LOG.info("catalog copied source={} index={} taken={}", source.nodeId(), applied, isTaken);
        } finally {
            Files.deleteIfExists(copyFile);
        }
    }

    private long receive(final Candidate source, final CatalogEpoch epoch) throws IOException, InterruptedException {
        try (OutputStream out = Files.newOutputStream(copyFile)) {
            long token = 0;
            long offset = 0;
            while (true) {
                final CopyPart part = FeedCodec.decodePart(
                        ask(source, FeedCodec.encode(new CopyRequest(token, offset)), PART_TIMEOUT));
                if (!part.epoch().equals(epoch)) {
                    // The Raft group of this node must be left before it has a later catalog.
                    throw new IOException("the copy is of epoch " + part.epoch() + ", not " + epoch);
                }
                token = part.token();
                part.bytes().writeTo(out);
                offset += part.bytes().size();
                if (offset >= part.bytesTotal()) {
                    return part.applied();
                }
                if (part.bytes().isEmpty()) {
                    throw new IOException("the copy broke off at " + offset + " of " + part.bytesTotal() + " bytes");
                }
            }
        }
    }

    private byte[] ask(final Candidate source, final byte[] request, final Duration timeout)
            throws IOException, InterruptedException {
        try {
            return config.peers()
                    .request(source, request, timeout)
                    .get(timeout.toMillis() + ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS);
        } catch (final ExecutionException | TimeoutException | CancellationException e) {
            throw new IOException(RatisErrors.reason(RatisErrors.unwrap(e)), e);
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS_MAX);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
