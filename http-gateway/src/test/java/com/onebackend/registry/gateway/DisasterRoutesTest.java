package com.onebackend.registry.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.api.Backup;
import com.onebackend.registry.api.ByteSource;
import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.DisasterApi;
import com.onebackend.registry.api.RecoverRequest;
import com.onebackend.registry.api.Recovered;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.api.RestoreResult;
import com.onebackend.registry.api.RestoreStep;
import com.onebackend.registry.gateway.http.GatewayLimits;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Backups stream, restores and recoveries reach the node, and only administrators get there. */
class DisasterRoutesTest {
    private static final String BACKUP = "/registry-svc/cluster/backup";
    private static final String ID = "ab".repeat(32);
    private static final long LARGE = 20L << 20;

    private final Disasters disasters = new Disasters();
    private TestGateway gateway;

    @BeforeEach
    void start() {
        gateway = new TestGateway(new GatewayLimits(
                100, 100, Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofMillis(200)));
        gateway.registry.disaster = disasters;
        gateway.registry.ready = false;
    }

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void aLargeBackupArrivesWholeAlsoFromANodeThatIsNotReady() {
        disasters.length = LARGE;

        final HttpResponse<String> answer = gateway.send("GET", BACKUP, gateway.admin(), null);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).hasSize((int) LARGE);
        assertThat(answer.body().substring(0, 30)).isEqualTo("abcdefghijklmnopqrstuvwxyzabcd");
        assertThat(answer.headers().firstValue("X-Catalog-Index")).contains("42");
        assertThat(answer.headers().firstValue("X-Catalog-Stale")).contains("true");
        assertThat(answer.headers().firstValue("X-Catalog-Age-Millis")).contains("7");
        await().untilAsserted(() -> assertThat(disasters.closed).hasValue(1));
    }

    @Test
    void aBackupIsReadNoFasterThanTheClientTakesItAndGivenUpWhenItTakesNothing() throws IOException {
        disasters.length = 1L << 30;
        try (Socket socket = request(BACKUP)) {
            final InputStream in = socket.getInputStream();
            assertThat(in.read()).isEqualTo('H');
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(disasters.closed).hasValue(1));
            assertThat(disasters.read.get()).isLessThan(64L << 20);
        }
    }

    @Test
    void aSourceThatFailsCutsTheAnswerOff() {
        disasters.length = LARGE;
        disasters.failsAt = LARGE / 2;

        assertThatThrownBy(() -> gateway.send("GET", BACKUP, gateway.admin(), null))
                .isInstanceOf(UncheckedIOException.class);
        await().untilAsserted(() -> assertThat(disasters.closed).hasValue(1));
    }

    @Test
    void aClientThatLeavesReleasesTheSource() throws IOException {
        disasters.length = 1L << 30;
        request(BACKUP).close();
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(disasters.closed).hasValue(1));
    }

    @Test
    void onlyAnAdministratorGetsThere() {
        for (final String path : List.of("backup", "restore", "recover")) {
            final String method = path.equals("backup") ? "GET" : "POST";
            final String target = "/registry-svc/cluster/" + path;
            assertThat(gateway.send(method, target, null, null).statusCode()).isEqualTo(401);
            assertThat(gateway.send(method, target, gateway.token("user-service"), null)
                            .statusCode())
                    .isEqualTo(403);
        }
        assertThat(disasters.seen).isEmpty();
    }

    @Test
    void stepsOfARestoreAndARecoveryAreUnderstood() {
        final String restore = "/registry-svc/cluster/restore?id=" + ID + "&step=";
        assertThat(post(restore + "rows", "bytes")).isEqualTo(200);
        assertThat(post(restore + "end", "")).isEqualTo(200);
        assertThat(post("/registry-svc/cluster/recover", "{\"lost\":[\"n2\"],\"acceptDataLoss\":true}"))
                .isEqualTo(200);
        assertThat(disasters.seen).containsExactly("ROWS bytes", "END ", "[n2] true false");
    }

    @Test
    void whatIsNotUnderstoodIsRefused() {
        assertThat(post("/registry-svc/cluster/restore?id=" + ID + "&step=middle", ""))
                .isEqualTo(400);
        assertThat(post("/registry-svc/cluster/restore?id=short&step=rows", "")).isEqualTo(400);
        assertThat(post("/registry-svc/cluster/recover", "{\"lost\":[],\"acceptDataLoss\":\"yes\"}"))
                .isEqualTo(400);
        assertThat(post("/registry-svc/cluster/recover", "{\"losst\":[]}")).isEqualTo(400);
        assertThat(disasters.seen).isEmpty();
    }

    private int post(final String path, final String body) {
        return gateway.send("POST", path, gateway.admin(), body).statusCode();
    }

    private Socket request(final String path) throws IOException {
        final Socket socket = gateway.connect();
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: n1\r\nAuthorization: Bearer " + gateway.admin()
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /** Notes what comes, and backs up the alphabet. */
    private static final class Disasters implements DisasterApi {
        private final List<String> seen = new CopyOnWriteArrayList<>(new ArrayList<>());
        private final AtomicInteger closed = new AtomicInteger();
        private final AtomicLong read = new AtomicLong();
        private volatile long length;
        private volatile long failsAt = Long.MAX_VALUE;

        @Override
        public void backup(final Reply<Backup> reply) {
            seen.add("backup");
            reply.success(new Backup(new Alphabet(), length, 42, false, 7));
        }

        @Override
        public void restore(final Caller caller, final RestoreStep step, final Reply<RestoreResult> reply) {
            seen.add(step.kind() + " " + new String(step.body(), StandardCharsets.UTF_8));
            reply.success(new RestoreResult(1, 0, 0));
        }

        @Override
        public void recover(final Caller caller, final RecoverRequest request, final Reply<Recovered> reply) {
            seen.add(request.lost() + " " + request.acceptDataLoss() + " " + request.here());
            reply.success(new Recovered(1, 42, 0, request.lost()));
        }

        private final class Alphabet implements ByteSource {
            private boolean isClosed;

            @Override
            public int read(final byte[] into, final int lengthMax) throws IOException {
                if (read.get() >= failsAt) {
                    throw new IOException("the disk failed");
                }
                final int count = (int) Math.min(lengthMax, length - read.get());
                for (int i = 0; i < count; i++) {
                    into[i] = (byte) ('a' + (read.get() + i) % 26);
                }
                read.addAndGet(count);
                return count == 0 ? -1 : count;
            }

            @Override
            public void close() {
                if (!isClosed) {
                    isClosed = true;
                    closed.incrementAndGet();
                }
            }
        }
    }
}
