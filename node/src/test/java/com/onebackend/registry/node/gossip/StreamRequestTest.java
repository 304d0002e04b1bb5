package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.model.Endpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamRequestTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final byte[] QUESTION = "who are you".getBytes(StandardCharsets.UTF_8);

    private final CountDownLatch gate = new CountDownLatch(1);
    private TestNode a;
    private TestNode b;

    /** Neither is in a cluster: requests are what a cluster is founded with. */
    @BeforeEach
    void start() throws IOException {
        a = new TestNode(TestNode.SECRET).bind(0);
        b = new TestNode(TestNode.SECRET).bind(0);
    }

    @AfterEach
    void stop() {
        gate.countDown();
        a.close();
        b.close();
    }

    private byte[] awaitGate(final byte[] request) {
        try {
            assertThat(gate.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return request;
    }

    private static Throwable failureOf(final CompletableFuture<byte[]> answer) {
        try {
            answer.get(20, TimeUnit.SECONDS);
            return null;
        } catch (final ExecutionException e) {
            return e.getCause();
        } catch (final InterruptedException | TimeoutException e) {
            return e;
        }
    }

    @Test
    void requestIsAnsweredBeforeThereIsACluster() throws Exception {
        b.handler = request -> (new String(request, StandardCharsets.UTF_8) + "? b").getBytes(StandardCharsets.UTF_8);
        final byte[] answer = a.streams.request(b.endpoint(), QUESTION, LONG).get(10, TimeUnit.SECONDS);
        assertThat(new String(answer, StandardCharsets.UTF_8)).isEqualTo("who are you? b");
    }

    @Test
    void largestRequestPassesAndALargerOneIsAProgrammersError() throws Exception {
        final byte[] largest = new byte[StreamTransport.REQUEST_BYTES_MAX];
        assertThat(a.streams.request(b.endpoint(), largest, LONG).get(10, TimeUnit.SECONDS))
                .isEqualTo(largest);
        assertThatIllegalStateException()
                .isThrownBy(() -> a.streams.request(b.endpoint(), new byte[largest.length + 1], LONG));
    }

    @Test
    void requestWithoutAnswerTimesOut() {
        b.handler = this::awaitGate;
        assertThat(failureOf(a.streams.request(b.endpoint(), QUESTION, Duration.ofMillis(300))))
                .isInstanceOf(TimeoutException.class)
                .hasMessageContaining(b.endpoint().toString());
        await().until(() -> b.streams.acceptedConnections() == 0);
    }

    @Test
    void unreachablePeerFailsTheRequest() {
        final Endpoint gone = b.endpoint();
        b.close();
        assertThat(failureOf(a.streams.request(gone, QUESTION, LONG)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot reach");
    }

    @Test
    void peerWithAnotherSecretIsNamedAsTheReason() throws IOException {
        try (TestNode stranger = new TestNode(TestNode.OTHER_SECRET).bind(0)) {
            assertThat(failureOf(a.streams.request(stranger.endpoint(), QUESTION, LONG)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("OB_CLUSTER_SECRET");
        }
    }

    @Test
    void failingHandlerEndsTheRequestAndTheNextOneWorks() throws Exception {
        b.handler = request -> {
            throw new IllegalArgumentException("not understood");
        };
        assertThat(failureOf(a.streams.request(b.endpoint(), QUESTION, LONG))).isInstanceOf(IOException.class);
        assertThat(b.count(TransportEvent.REQUEST_HANDLER_FAILED)).isEqualTo(1);
        b.handler = request -> request;
        assertThat(a.streams.request(b.endpoint(), QUESTION, LONG).get(10, TimeUnit.SECONDS))
                .isEqualTo(QUESTION);
    }

    @Test
    void fullExecutorRefusesAndTheOthersAreAnswered() throws Exception {
        b.handler = this::awaitGate;
        final List<CompletableFuture<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            answers.add(a.streams.request(b.endpoint(), QUESTION, LONG));
        }
        // One runs, one waits, three do not fit.
        await().until(() -> b.count(TransportEvent.REQUEST_OVERFLOW) == 3);
        gate.countDown();
        await().until(() -> answers.stream().allMatch(CompletableFuture::isDone));
        assertThat(answers.stream().filter(CompletableFuture::isCompletedExceptionally))
                .hasSize(3);
    }

    @Test
    void requestsUnderWayAreLimited() {
        b.handler = this::awaitGate;
        final List<CompletableFuture<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < StreamTransport.REQUESTS_MAX; i++) {
            answers.add(a.streams.request(new Endpoint(TestNode.HOST, b.streams.port()), QUESTION, LONG));
        }
        final CompletableFuture<byte[]> tooMany = a.streams.request(b.endpoint(), QUESTION, LONG);
        if (answers.stream().noneMatch(CompletableFuture::isDone)) {
            assertThatThrownBy(tooMany::join).hasCauseInstanceOf(RejectedExecutionException.class);
        }
        answers.forEach(answer -> answer.cancel(false));
        await().until(() -> b.streams.acceptedConnections() == 0);
        gate.countDown();
        await().until(() -> failureOf(a.streams.request(b.endpoint(), QUESTION, LONG)) == null);
    }

    @Test
    void connectionIsKeptForTheNextRequest() throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(a.streams.request(b.endpoint(), QUESTION, LONG).get(10, TimeUnit.SECONDS))
                    .isEqualTo(QUESTION);
            assertThat(b.streams.acceptedConnections()).isEqualTo(1);
        }
        assertThat(a.streams.keptConnections()).isEqualTo(1);
    }

    @Test
    void requestsAtTheSameTimeHaveConnectionsOfTheirOwnAndOneIsKept() {
        final List<CompletableFuture<byte[]>> answers = new ArrayList<>();
        for (int round = 0; round < 10; round++) {
            answers.add(a.streams.request(b.endpoint(), QUESTION, LONG));
            answers.add(a.streams.request(b.endpoint(), QUESTION, LONG));
            answers.forEach(answer -> assertThat(answer.join()).isEqualTo(QUESTION));
            answers.clear();
        }
        await().until(() -> b.streams.acceptedConnections() == 1 && a.streams.keptConnections() == 1);
    }

    @Test
    void peerThatHasStartedAnewIsAskedOnANewConnection() throws Exception {
        assertThat(a.streams.request(b.endpoint(), QUESTION, LONG).get(10, TimeUnit.SECONDS))
                .isEqualTo(QUESTION);
        final int port = b.streams.port();
        b.close();
        b = new TestNode(TestNode.SECRET).bind(port);
        assertThat(a.streams.request(b.endpoint(), QUESTION, LONG).get(10, TimeUnit.SECONDS))
                .isEqualTo(QUESTION);
    }

    @Test
    void connectionThatBreaksWhileItIsAskedAgainIsReplaced() throws Exception {
        final AtomicInteger asked = new AtomicInteger();
        b.handler = request -> {
            if (asked.incrementAndGet() == 2) {
                throw new IllegalArgumentException("this ends the connection");
            }
            return request;
        };
        for (int i = 0; i < 3; i++) {
            assertThat(a.streams.request(b.endpoint(), QUESTION, LONG).get(10, TimeUnit.SECONDS))
                    .isEqualTo(QUESTION);
        }
        assertThat(asked).hasValue(4);
    }

    /** Its answer must not be taken for that of the next question. */
    @Test
    void connectionOfARequestThatTimedOutIsNotUsedAgain() throws Exception {
        assertThat(a.streams.request(b.endpoint(), QUESTION, LONG).get(10, TimeUnit.SECONDS))
                .isEqualTo(QUESTION);
        b.handler = this::awaitGate;
        assertThat(failureOf(a.streams.request(b.endpoint(), new byte[] {1}, Duration.ofMillis(200))))
                .isInstanceOf(TimeoutException.class);
        await().until(() -> b.streams.acceptedConnections() == 0);
        gate.countDown();
        assertThat(a.streams.request(b.endpoint(), new byte[] {2}, LONG).get(10, TimeUnit.SECONDS))
                .containsExactly(2);
    }

    @Test
    void connectionThatNobodyUsesIsClosed() throws Exception {
        try (TestNode brief = new TestNode(TestNode.SECRET, TestNode.IMPATIENT).bind(0)) {
            assertThat(brief.streams.request(b.endpoint(), QUESTION, LONG).get(10, TimeUnit.SECONDS))
                    .isEqualTo(QUESTION);
            await().until(() -> brief.streams.keptConnections() == 0 && b.streams.acceptedConnections() == 0);
        }
    }

    @Test
    void closingFailsWhatIsUnderWay() {
        b.handler = this::awaitGate;
        final CompletableFuture<byte[]> pending = a.streams.request(b.endpoint(), QUESTION, LONG);
        a.streams.close();
        assertThat(failureOf(pending)).isInstanceOf(IOException.class).hasMessageContaining("closed");
        assertThat(failureOf(a.streams.request(b.endpoint(), QUESTION, LONG)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("closed");
    }
}
