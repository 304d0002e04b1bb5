package com.onebackend.registry.node;

import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;
import com.onebackend.registry.node.catalog.FeedPeers;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the other nodes again and again whether the cluster has removed this one. The catalog here would say so, but a
 * node that was removed while nothing reached it may never hear of it: the others drop whatever it sends.
 *
 * <p><i>Thread:</i> its own. <i>Lifecycle:</i> {@link #begin}, {@link #close}; ends once it has told.
 */
final class RemovalWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RemovalWatch.class);
    private static final long PAUSE_MILLIS = 1_000;
    private static final Duration ANSWER = Duration.ofSeconds(1);
    /** One that answers is asked so often before the next: each conversation is a connection. */
    private static final int ASKED_IN_A_ROW_MAX = 5;

    private static final long JOIN_MILLIS_MAX = 5_000;

    private final FeedPeers peers;
    private final BootstrapWire wire;
    private final BootstrapAnswers own;
    private final Consumer<String> removed;
    private final Thread thread = new Thread(this::run, "removal-watch");
    private int at;
    private int askedInARow;

    private RemovalWatch(
            final FeedPeers peers,
            final BootstrapWire wire,
            final BootstrapAnswers own,
            final Consumer<String> removed) {
        this.peers = peers;
        this.wire = wire;
        this.own = own;
        this.removed = removed;
        thread.setDaemon(true);
    }

    /**
     * Begins to ask.
     *
     * @param removed told once, when somebody says so: when and by whom
     */
    static RemovalWatch begin(
            final FeedPeers peers,
            final BootstrapWire wire,
            final BootstrapAnswers own,
            final Consumer<String> removed) {
        final RemovalWatch watch = new RemovalWatch(peers, wire, own, removed);
        watch.thread.start();
        return watch;
    }

    private void run() {
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                final String told = ask();
                if (!told.isEmpty()) {
                    removed.accept(told);
                    return;
                }
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks one; what it says of a removal, which is nearly always nothing. */
    private String ask() throws InterruptedException {
        final List<FeedPeers.Candidate> candidates = peers.candidates();
        if (candidates.isEmpty()) {
            return "";
        }
        final FeedPeers.Candidate candidate = candidates.get(Math.floorMod(at, candidates.size()));
        try {
            final Answer answer = BootstrapWire.read(
                    peers.request(candidate, wire.who(), ANSWER).get(2 * ANSWER.toMillis(), TimeUnit.MILLISECONDS));
            askedInARow++;
            if (askedInARow >= ASKED_IN_A_ROW_MAX) {
                next();
            }
            return answer.clusterId().equals(own.identity().clusterId()) ? answer.removed() : "";
        } catch (final ExecutionException | TimeoutException | IOException e) {
            LOG.debug("no answer at={} reason={}", candidate.address(), e.getMessage());
            next();
            return "";
        }
    }

    private void next() {
        at++;
        askedInARow = 0;
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(JOIN_MILLIS_MAX);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
