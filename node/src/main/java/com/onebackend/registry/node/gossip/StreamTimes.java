package com.onebackend.registry.node.gossip;

import java.util.concurrent.TimeUnit;

/**
 * How long things may take on connections. In milliseconds.
 *
 * @param connectMillis for TCP to connect
 * @param handshakeMillis for TLS
 * @param helloMillis from connected to greeted, TLS included
 * @param pingMillis a connection that was written to is checked at this interval
 * @param stalledMillis a connection whose peer does not answer for so long is given up
 * @param idleMillis a connection on which nothing is sent for so long is closed; the accepting side waits a half longer
 * @param backoffMinMillis before the first further attempt to connect; doubled for each one
 * @param backoffMaxMillis before any
 * @param resumeMillis a full inbox is tried again at this interval
 */
record StreamTimes(
        int connectMillis,
        int handshakeMillis,
        int helloMillis,
        int pingMillis,
        int stalledMillis,
        int idleMillis,
        int backoffMinMillis,
        int backoffMaxMillis,
        int resumeMillis) {
    static final StreamTimes STANDARD = new StreamTimes(3_000, 5_000, 8_000, 5_000, 15_000, 60_000, 100, 5_000, 10);

    /** How long the accepting side waits for a sign of life. */
    int acceptedIdleMillis() {
        return idleMillis + idleMillis / 2;
    }

    long idleNanos() {
        return TimeUnit.MILLISECONDS.toNanos(idleMillis);
    }

    long stalledNanos() {
        return TimeUnit.MILLISECONDS.toNanos(stalledMillis);
    }

    long backoffMaxNanos() {
        return TimeUnit.MILLISECONDS.toNanos(backoffMaxMillis);
    }
}
