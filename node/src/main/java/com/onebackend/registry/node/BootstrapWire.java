package com.onebackend.registry.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.BootstrapPeers;
import com.onebackend.registry.node.catalog.CatalogPeer;
import com.onebackend.registry.node.catalog.CatalogService;
import com.onebackend.registry.node.catalog.RemovedNode;
import com.onebackend.registry.node.gossip.GossipTransports;
import com.onebackend.registry.storage.NodeIdentity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The bootstrap's questions and answers as requests over the authenticated streams between nodes: small JSON objects,
 * so that an operator can read them in a trace.
 */
final class BootstrapWire implements BootstrapPeers {
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int LIST_MAX = 256;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final GossipTransports transports;
    private final PeerEndpoints endpoints;
    private final BootstrapAnswers own;
    private final Supplier<String> epoch;

    /** The last removal of a node as this node's catalog has it. */
    @FunctionalInterface
    interface Removals {
        /**
         * Null when there is none that the asker has to believe.
         *
         * @param epoch of the asker's catalog
         */
        RemovedNode of(String nodeId, String epoch);
    }

    /** @param epoch of this node's catalog, see {@link CatalogService#epochOf} */
    BootstrapWire(
            final GossipTransports transports,
            final PeerEndpoints endpoints,
            final BootstrapAnswers own,
            final Supplier<String> epoch) {
        this.transports = transports;
        this.endpoints = endpoints;
        this.own = own;
        this.epoch = epoch;
    }

    /**
     * Answers a peer's question; what is no question of ours is refused. A node that was removed speaks for no cluster
     * and founds none: it answers nothing.
     */
    static byte[] answer(final byte[] request, final BootstrapAnswers answers, final Removals removals) {
        if (!answers.identity().removed().isEmpty()) {
            return refusal("this node was removed from its cluster");
        }
        try {
            final JsonNode question = JSON.readTree(request);
            return switch (question.path("ask").asText()) {
                case "who" ->
                    JSON.writeValueAsBytes(toJson(answers.answer()).put("removed", removed(question, removals)));
                case "promise" ->
                    JSON.writeValueAsBytes(JSON.createObjectNode()
                            .put(
                                    "promised",
                                    answers.promise(
                                            question.path("clusterId").asText(),
                                            question.path("founder").asText())));
                case "promise-by-force" ->
                    JSON.writeValueAsBytes(JSON.createObjectNode()
                            .put(
                                    "promised",
                                    answers.promiseByForce(
                                            question.path("clusterId").asText(),
                                            question.path("founder").asText())));
                default -> refusal("unknown question");
            };
        } catch (final IOException e) {
            return refusal("not JSON");
        }
    }

    /** Says whether the node that asks was removed; one that does not say who it is was not. */
    private static String removed(final JsonNode question, final Removals removals) {
        final String nodeId = question.path("nodeId").asText();
        final long origin = question.path("origin").asLong();
        final long generation = question.path("generation").asLong();
        if (nodeId.isEmpty() || origin == 0 || generation <= 0) {
            return "";
        }
        final RemovedNode removal = removals.of(nodeId, question.path("epoch").asText());
        return removal != null && removal.covers(nodeId, new Origin(origin), new Generation(generation))
                ? removal.told()
                : "";
    }

    /** Asks who lives at the other end, and says who asks. */
    byte[] who() {
        return bytes(whoQuestion());
    }

    private ObjectNode whoQuestion() {
        final NodeIdentity asker = own.identity();
        return JSON.createObjectNode()
                .put("ask", "who")
                .put("nodeId", asker.nodeId())
                .put("origin", asker.origin().value())
                .put("generation", asker.generation().value())
                .put("epoch", epoch.get());
    }

    private static byte[] bytes(final ObjectNode json) {
        try {
            return JSON.writeValueAsBytes(json);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What somebody answered to {@link #who}.
     *
     * @throws IOException it is no such answer
     */
    static Answer read(final byte[] answer) throws IOException {
        try {
            final JsonNode json = JSON.readTree(answer);
            if (json.has("error")) {
                throw new IOException(json.path("error").asText());
            }
            return answer(json);
        } catch (final IllegalStateException e) {
            throw new IOException("something else was answered: " + e.getMessage(), e);
        }
    }

    @Override
    public Answer ask(final String peerUrl) throws IOException {
        return answer(request(peerUrl, whoQuestion()));
    }

    /** The same of a node of which it is known where its gossip listens. */
    Answer ask(final Endpoint endpoint) throws IOException {
        return answer(request(endpoint.toString(), endpoint, whoQuestion()));
    }

    private static Answer answer(final JsonNode answer) throws IOException {
        final List<CatalogPeer> members = new ArrayList<>();
        for (final JsonNode member : bounded(answer.path("members"))) {
            members.add(new CatalogPeer(
                    member.path("nodeId").asText(),
                    member.path("host").asText(),
                    member.path("raftPort").asInt()));
        }
        final List<String> seeds = new ArrayList<>();
        bounded(answer.path("seeds")).forEach(seed -> seeds.add(seed.asText()));
        return new Answer(
                answer.path("nodeId").asText(),
                new Origin(answer.path("origin").asLong()),
                answer.path("process").asLong(),
                answer.path("clusterId").asText(),
                seeds,
                members,
                answer.path("promise").asText(),
                answer.path("removed").asText());
    }

    @Override
    public boolean promise(final String peerUrl, final String clusterId, final String founder) throws IOException {
        return promise("promise", peerUrl, clusterId, founder);
    }

    @Override
    public boolean promiseByForce(final String peerUrl, final String clusterId, final String founder)
            throws IOException {
        return promise("promise-by-force", peerUrl, clusterId, founder);
    }

    private boolean promise(final String ask, final String peerUrl, final String clusterId, final String founder)
            throws IOException {
        return request(
                        peerUrl,
                        JSON.createObjectNode()
                                .put("ask", ask)
                                .put("clusterId", clusterId)
                                .put("founder", founder))
                .path("promised")
                .asBoolean();
    }

    private JsonNode request(final String peerUrl, final ObjectNode question) throws IOException {
        final Endpoint endpoint = endpoints.of(peerUrl);
        try {
            return request(peerUrl, endpoint, question);
        } catch (final SilentException e) {
            endpoints.forget(peerUrl);
            throw e;
        }
    }

    private JsonNode request(final String name, final Endpoint endpoint, final ObjectNode question) throws IOException {
        try {
            final byte[] answer = transports
                    .request(endpoint, JSON.writeValueAsBytes(question), TIMEOUT)
                    .get(TIMEOUT.toMillis() * 2, TimeUnit.MILLISECONDS);
            final JsonNode json = JSON.readTree(answer);
            if (json.has("error")) {
                throw new IOException(name + " refused: " + json.path("error").asText());
            }
            return json;
        } catch (final ExecutionException | TimeoutException e) {
            throw new SilentException(name + " at " + endpoint + " does not answer: " + e.getMessage(), e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (final IllegalStateException e) {
            throw new IOException(name + " answered something else: " + e.getMessage(), e);
        }
    }

    private static JsonNode bounded(final JsonNode list) throws IOException {
        if (list.size() > LIST_MAX) {
            throw new IOException("an answer lists more than " + LIST_MAX + " things");
        }
        return list;
    }

    private static ObjectNode toJson(final Answer answer) {
        final ObjectNode json = JSON.createObjectNode()
                .put("nodeId", answer.nodeId())
                .put("origin", answer.origin().value())
                .put("process", answer.process())
                .put("clusterId", answer.clusterId())
                .put("promise", answer.promise());
        final ArrayNode seeds = json.putArray("seeds");
        answer.seeds().forEach(seeds::add);
        final ArrayNode members = json.putArray("members");
        answer.members()
                .forEach(member -> members.addObject()
                        .put("nodeId", member.nodeId())
                        .put("host", member.host())
                        .put("raftPort", member.raftPort()));
        return json;
    }

    private static byte[] refusal(final String why) {
        return ("{\"error\":\"" + why + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    /** Nobody answered there: it may live somewhere else by now. */
    private static final class SilentException extends IOException {
        private static final long serialVersionUID = 1;

        SilentException(final String message, final Throwable cause) {
            super(message, cause);
        }
    }
}
