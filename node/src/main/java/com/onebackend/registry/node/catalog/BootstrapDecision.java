package com.onebackend.registry.node.catalog;

import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;
import com.onebackend.registry.storage.NodeIdentity;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a starting node has to do about its cluster.
 *
 * @param clusterId the cluster meant; empty for WAIT and REFUSE
 * @param members voters known to belong to it; for JOIN and, as far as somebody answered, RESTART
 * @param message for the operator: why it waits or refuses, or what it does
 */
public record BootstrapDecision(Kind kind, String clusterId, List<CatalogPeer> members, String message) {
    /** What to do. */
    public enum Kind {
        /** Start what is in the folder. */
        RESTART,
        /** Found the cluster; nobody else can. */
        FOUND,
        /** Collect everybody's promise, then found. */
        COLLECT_PROMISES,
        /** Join the cluster, however long that takes. */
        JOIN,
        /** Ask again later. */
        WAIT,
        /** The cluster has removed this node: serve nothing, and say so. */
        REMOVED,
        /** Do not start: exit with 78, it is the configuration. */
        REFUSE
    }

    public BootstrapDecision {
        members = List.copyOf(members);
    }

    /**
     * Decides from what this node has on disk and what the others say. Pure: no clock, no input, no output.
     *
     * @param own what this process itself would answer
     * @param raftFolderExists the Raft folder of the identity's cluster is there
     * @param answers by URL, of those other seeds that answered
     */
    static BootstrapDecision decide(
            final String clusterName,
            final NodeIdentity identity,
            final Answer own,
            final boolean raftFolderExists,
            final Seeds seeds,
            final Map<String, Answer> answers) {
        final Map<String, Set<String>> clusters = new TreeMap<>();
        answers.forEach((url, answer) -> {
            if (!answer.clusterId().isEmpty()) {
                clusters.computeIfAbsent(answer.clusterId(), id -> new TreeSet<>())
                        .add(url);
            }
        });
        for (final Map.Entry<String, Answer> answer : answers.entrySet()) {
            final String namesake = Namesake.refusal(own, answer.getKey(), answer.getValue());
            if (!namesake.isEmpty()) {
                return refuse(namesake);
            }
        }
        if (!identity.clusterId().isEmpty()) {
            return restart(identity, raftFolderExists, clusters, answers);
        }
        if (clusters.size() > 1) {
            return refuse("the peers belong to different clusters, which never merge: " + clusters
                    + "; name only those of the cluster this node shall join");
        }
        if (clusters.size() == 1) {
            final String clusterId = clusters.keySet().iterator().next();
            return new BootstrapDecision(Kind.JOIN, clusterId, members(answers), "joins " + clusterId);
        }
        if (identity.isJoinOnly() && seeds.isAlone()) {
            return refuse("this node was told to join its cluster again as a new node, so it founds none;"
                    + " name nodes of the cluster in OB_PEERS");
        }
        if (identity.isJoinOnly()) {
            return await("this node was told to join its cluster again as a new node, so it founds none; it waits for"
                    + " a peer that belongs to it: " + seeds.others());
        }
        if (seeds.isAlone() && !identity.promise().isEmpty()) {
            return refuse("this node has promised to found cluster " + identity.promise()
                    + " together with others, so it founds none alone; name them in OB_PEERS again");
        }
        if (seeds.isAlone()) {
            final String clusterId = ClusterIds.alone(clusterName, identity.nodeId(), identity.origin());
            return new BootstrapDecision(Kind.FOUND, clusterId, List.of(), "founds " + clusterId + " alone");
        }
        return amongSeeds(clusterName, identity, seeds, answers);
    }

    private static BootstrapDecision restart(
            final NodeIdentity identity,
            final boolean raftFolderExists,
            final Map<String, Set<String>> clusters,
            final Map<String, Answer> answers) {
        for (final Answer answer : answers.values()) {
            if (!answer.removed().isEmpty() && answer.clusterId().equals(identity.clusterId())) {
                return new BootstrapDecision(Kind.REMOVED, "", List.of(), answer.removed());
            }
        }
        if (identity.everVoter() && !raftFolderExists) {
            return refuse("this node has voted in cluster " + identity.clusterId()
                    + ", but its Raft folder is gone; put it back, or let the node join again as a new one: restart it"
                    + " with OB_REJOIN=new-generation");
        }
        final Map<String, Set<String>> foreign = new TreeMap<>(clusters);
        foreign.remove(identity.clusterId());
        if (!foreign.isEmpty()) {
            return refuse("this node belongs to cluster " + identity.clusterId()
                    + ", but its peers to others, and clusters never merge: " + foreign);
        }
        return new BootstrapDecision(
                Kind.RESTART, identity.clusterId(), members(answers), "restarts in " + identity.clusterId());
    }

    /** Nobody who answered belongs to a cluster. */
    private static BootstrapDecision amongSeeds(
            final String clusterName,
            final NodeIdentity identity,
            final Seeds seeds,
            final Map<String, Answer> answers) {
        for (final Map.Entry<String, Answer> answer : answers.entrySet()) {
            final String difference = difference(seeds, answer.getKey(), answer.getValue());
            if (seeds.containsSelf() && !difference.isEmpty()) {
                return refuse(difference);
            }
        }
        if (!seeds.containsSelf()) {
            return await("none of the peers belongs to a cluster yet, and this node (" + seeds.self()
                    + ") is not among them, so it only joins: " + seeds.urls());
        }
        final Set<String> silent = new TreeSet<>(seeds.others());
        silent.removeAll(answers.keySet());
        if (!silent.isEmpty()) {
            return await("to found the cluster together, every peer must answer; not yet: " + silent
                    + "; when one is gone for good, found it without: oo cluster init --force");
        }
        final Set<String> nodeIds = new HashSet<>(Set.of(identity.nodeId()));
        for (final Map.Entry<String, Answer> answer : answers.entrySet()) {
            if (!nodeIds.add(answer.getValue().nodeId())) {
                return refuse("two nodes have the id " + answer.getValue().nodeId() + ", one of them " + answer.getKey()
                        + "; give each its own OB_NODE_ID");
            }
        }
        final String founder = new TreeSet<>(nodeIds).first();
        final String clusterId = ClusterIds.together(clusterName, nodeIds);
        if (!founder.equals(identity.nodeId())) {
            return await("node " + founder + " founds the cluster, since its id is the lowest");
        }
        return new BootstrapDecision(
                Kind.COLLECT_PROMISES, clusterId, List.of(), "founds " + clusterId + " with " + seeds.others());
    }

    static String difference(final Seeds seeds, final String url, final Answer answer) {
        if (answer.seeds().equals(seeds.urls())) {
            return "";
        }
        final Set<String> onlyHere = new TreeSet<>(seeds.urls());
        onlyHere.removeAll(answer.seeds());
        final Set<String> onlyThere = new TreeSet<>(answer.seeds());
        onlyThere.removeAll(seeds.urls());
        return "OB_PEERS must be the same on all nodes that found a cluster; only here: " + onlyHere + ", only at "
                + url + ": " + onlyThere;
    }

    private static List<CatalogPeer> members(final Map<String, Answer> answers) {
        return answers.values().stream()
                .flatMap(answer -> answer.members().stream())
                .distinct()
                .toList();
    }

    private static BootstrapDecision await(final String message) {
        return new BootstrapDecision(Kind.WAIT, "", List.of(), message);
    }

    private static BootstrapDecision refuse(final String message) {
        return new BootstrapDecision(Kind.REFUSE, "", List.of(), message);
    }
}
