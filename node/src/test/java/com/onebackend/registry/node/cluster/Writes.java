package com.onebackend.registry.node.cluster;

import java.io.UncheckedIOException;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;

/** Definitions and instances that are written, and which of them were acknowledged. <i>Thread:</i> any. */
final class Writes {
    static final String SLUG = "durable";

    private static final String DEFINITION = "/registry-svc/definition";
    private static final int BULK_CHARS = 20_000;

    private final ProcessCluster cluster;
    private final Set<String> definitions = new ConcurrentSkipListSet<>();
    private final Set<String> instances = new ConcurrentSkipListSet<>();
    private final AtomicInteger next = new AtomicInteger();

    Writes(final ProcessCluster cluster) {
        this.cluster = cluster;
    }

    /** Saves another definition at node {@code n}; true when that was acknowledged. */
    boolean define(final int n) {
        return define(n, "x");
    }

    /** As {@link #define(int)}, with one that fills the disk sooner. */
    boolean defineLarge(final int n) {
        return define(n, "x".repeat(BULK_CHARS));
    }

    private boolean define(final int n, final String value) {
        final String id = "d-" + next.incrementAndGet();
        final String body = "{\"definition\":{\"id\":\"" + id + "\",\"image\":{\"name\":\"one\"},"
                + "\"envars\":[{\"key\":\"K\",\"value\":\"" + value + "\"}]}}";
        try {
            final boolean isDone = cluster.put(n, DEFINITION, body).status() == 201;
            if (isDone) {
                definitions.add(id);
            }
            return isDone;
        } catch (final UncheckedIOException noAnswer) {
            return false;
        }
    }

    /** Registers another instance at node {@code n}; true when that was acknowledged. */
    boolean register(final int n) {
        final String id = SLUG + "." + next.incrementAndGet();
        final String body =
                "{\"id\":\"" + id + "\",\"slug\":\"" + SLUG + "\",\"url\":\"http://198.18.0.1:80/" + id + "\"}";
        try {
            final boolean isDone =
                    cluster.put(n, "/registry-svc/instance", body).status() == 201;
            if (isDone) {
                instances.add(id);
            }
            return isDone;
        } catch (final UncheckedIOException noAnswer) {
            return false;
        }
    }

    Set<String> definitions() {
        return definitions;
    }

    Set<String> instances() {
        return instances;
    }

    /** Ids of the definitions that node {@code n} shows; empty when it does not answer. */
    Set<String> definitionsAt(final int n) {
        return ids(n, "/registry-svc/definitions", "definitions");
    }

    /** Ids of the instances that node {@code n} shows; empty when it does not answer. */
    Set<String> instancesAt(final int n) {
        return ids(n, "/registry-svc/instances?slug=" + SLUG, "instances");
    }

    private Set<String> ids(final int n, final String path, final String field) {
        final Set<String> ids = new ConcurrentSkipListSet<>();
        try {
            cluster.get(n, path)
                    .json()
                    .path(field)
                    .forEach(row -> ids.add(row.path("id").asText()));
        } catch (final UncheckedIOException e) {
            ids.clear();
        }
        return ids;
    }
}
