package com.onebackend.registry.node.catalog;

import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.catalog.BootstrapDecision.Kind;
import com.onebackend.registry.storage.IdentityStore;
import com.onebackend.registry.storage.NodeIdentity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Founding nodes in one thread, as hostile as a seed makes it: every message may be lost (if so wished) before or after
 * it took effect, every process may die at every message and be started again, and at every message any other node may
 * take its turn.
 */
final class BootstrapWorld {
    private static final int DEPTH_MAX = 3;

    final Map<String, Node> nodes = new LinkedHashMap<>();
    /** Reach nobody and are reached by nobody but each other. */
    final Set<String> cut = new HashSet<>();
    /** What happened where, for the one who reads a failure. */
    final List<String> trace = new ArrayList<>();

    /** Messages are lost. A peer that does not answer is missing, and an operator may do without it. */
    boolean isLossy;
    /** Now and then an operator orders a node to found the cluster, in the middle of anything. */
    boolean isForced;

    private final List<String> urls;
    private final SplittableRandom random;
    private boolean isQuiet;
    private int depth;

    /** Thrown where a process dies; by the same random choice everything below it on the stack goes on. */
    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Node node;

        Crash(final Node node) {
            super(null, null, false, false);
            this.node = node;
        }
    }

    BootstrapWorld(final List<String> urls, final long seed) {
        this.urls = urls;
        this.random = new SplittableRandom(seed);
    }

    void start(final String url) {
        nodes.computeIfAbsent(url, Node::new).start();
    }

    void stop(final String url) {
        if (nodes.containsKey(url)) {
            nodes.get(url).answers = null;
        }
    }

    /** From now on nothing is lost, nobody dies, and everybody waits for his turn. */
    void quiet() {
        isQuiet = true;
        cut.clear();
    }

    /** One node takes a turn. */
    void turn(final String url) {
        final Node node = nodes.get(url);
        if (node == null || node.answers == null || node.isActing) {
            return;
        }
        acting(node, node::act);
    }

    /** An operator orders one node to found the cluster; false when it refused. */
    boolean force(final String url) {
        final Node node = nodes.get(url);
        if (node == null || node.answers == null || node.isActing) {
            return false;
        }
        final boolean[] done = new boolean[1];
        acting(node, () -> done[0] = node.force());
        return done[0];
    }

    private void acting(final Node node, final Runnable turn) {
        node.isActing = true;
        depth++;
        try {
            turn.run();
        } catch (final Crash e) {
            if (e.node != node) {
                throw e;
            }
            trace.add(node.url + " dies");
            node.start();
        } finally {
            depth--;
            node.isActing = false;
        }
    }

    /** The clusters that any node has on its disk. */
    Set<String> clusters() {
        final Set<String> clusters = new TreeSet<>();
        nodes.values().forEach(node -> clusters.add(node.saved.clusterId()));
        clusters.remove("");
        return clusters;
    }

    boolean isEverybodyMember() {
        return nodes.size() == urls.size()
                && nodes.values().stream()
                        .noneMatch(node -> node.saved.clusterId().isEmpty());
    }

    /** Between any two steps of a node: it may die, and the others may go on. */
    private void between(final Node node) {
        if (isQuiet) {
            return;
        }
        if (random.nextInt(25) == 0) {
            throw new Crash(node);
        }
        if (depth < DEPTH_MAX && random.nextInt(4) == 0) {
            turn(urls.get(random.nextInt(urls.size())));
        }
        if (isForced && depth < DEPTH_MAX && random.nextInt(40) == 0) {
            force(urls.get(random.nextInt(urls.size())));
        }
    }

    private boolean isLost() {
        return isLossy && !isQuiet && random.nextInt(15) == 0;
    }

    /** One node: its disk, and its process while it runs. */
    final class Node implements BootstrapPeers, IdentityStore {
        final String url;
        NodeIdentity saved;
        BootstrapAnswers answers;
        private boolean isActing;

        Node(final String url) {
            this.url = url;
            this.saved = new NodeIdentity(
                    url.substring(7), new Origin(url.hashCode()), new Generation(1), "", false, "", url);
        }

        void start() {
            answers = new BootstrapAnswers(this, random.nextLong(), Seeds.of(url, urls), List::of);
        }

        private Bootstrap bootstrap() {
            return new Bootstrap("main", Seeds.of(url, urls), this, answers, id -> true, waiting -> {});
        }

        private void act() {
            final BootstrapDecision decision = bootstrap().round();
            if (decision.kind() == Kind.FOUND) {
                found(decision.clusterId());
            } else if (decision.kind() == Kind.JOIN) {
                answers.belongsTo(decision.clusterId());
            }
        }

        private boolean force() {
            final String id = new UUID(random.nextLong(), random.nextLong()).toString();
            try {
                bootstrap().force(id);
            } catch (final RegistryException e) {
                return false;
            }
            trace.add(url + " by force");
            found(id);
            return true;
        }

        private void found(final String id) {
            between(this);
            answers.founded(id);
            trace.add(url + " founded " + id);
        }

        private Node reach(final String to) throws IOException {
            final Node node = nodes.get(to);
            if (node == null || node.answers == null || cut.contains(url) != cut.contains(to) || isLost()) {
                throw new IOException("no answer");
            }
            return node;
        }

        private <T> T arrived(final T answer) throws IOException {
            between(this);
            if (isLost()) {
                throw new IOException("the answer is lost");
            }
            return answer;
        }

        @Override
        public Answer ask(final String peerUrl) throws IOException {
            between(this);
            return arrived(reach(peerUrl).answers.answer());
        }

        @Override
        public boolean promise(final String peerUrl, final String clusterId, final String founder) throws IOException {
            between(this);
            return arrived(reach(peerUrl).answers.promise(clusterId, founder));
        }

        @Override
        public boolean promiseByForce(final String peerUrl, final String clusterId, final String founder)
                throws IOException {
            between(this);
            return arrived(reach(peerUrl).answers.promiseByForce(clusterId, founder));
        }

        @Override
        public NodeIdentity load() {
            return saved;
        }

        @Override
        public void save(final NodeIdentity identity) {
            saved = identity;
        }
    }
}
