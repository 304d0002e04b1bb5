package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostResolverTest {
    private static final List<InetAddress> OLD = List.of(address(1));
    private static final List<InetAddress> NEW = List.of(address(2));

    private final AtomicLong now = new AtomicLong(1);
    private final AtomicInteger lookups = new AtomicInteger();
    private volatile List<InetAddress> answer = OLD;
    private final HostResolver resolver = new HostResolver(this::lookUp, now::get);

    private static InetAddress address(final int last) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
        } catch (final UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<InetAddress> lookUp(final String host) throws UnknownHostException {
        lookups.incrementAndGet();
        if (answer == null) {
            throw new UnknownHostException(host);
        }
        return answer;
    }

    @AfterEach
    void stop() {
        resolver.close();
    }

    private CompletableFuture<List<InetAddress>> resolve() {
        return resolver.resolve("peer.example");
    }

    @Test
    void literalsAreNotLookedUp() throws Exception {
        assertThat(resolver.resolve("10.0.0.1").get().get(0).getHostAddress()).isEqualTo("10.0.0.1");
        assertThat(resolver.resolve("::1").get().get(0).isLoopbackAddress()).isTrue();
        assertThat(lookups).hasValue(0);
    }

    @Test
    void answerIsKeptForAWhile() throws Exception {
        assertThat(resolve().get(5, TimeUnit.SECONDS)).isEqualTo(OLD);
        now.addAndGet(HostResolver.FRESH_NANOS - 1);
        assertThat(resolve().get(5, TimeUnit.SECONDS)).isEqualTo(OLD);
        assertThat(lookups).hasValue(1);
    }

    @Test
    void changedAddressIsFoundAndTheOldOneServesMeanwhile() throws Exception {
        assertThat(resolve().get(5, TimeUnit.SECONDS)).isEqualTo(OLD);
        answer = NEW;
        now.addAndGet(HostResolver.FRESH_NANOS);
        assertThat(resolve()).isDone();
        await().until(() -> resolve().join().equals(NEW));
        assertThat(lookups).hasValue(2);
    }

    @Test
    void oldAddressServesWhileTheNameServerIsAway() throws Exception {
        assertThat(resolve().get(5, TimeUnit.SECONDS)).isEqualTo(OLD);
        answer = null;
        for (int i = 1; i <= 3; i++) {
            now.addAndGet(HostResolver.FRESH_NANOS);
            assertThat(resolve().get(5, TimeUnit.SECONDS)).isEqualTo(OLD);
            final int expected = 1 + i;
            await().until(() -> lookups.get() == expected);
        }
        answer = NEW;
        now.addAndGet(HostResolver.FRESH_NANOS);
        await().until(() -> resolve().join().equals(NEW));
    }

    @Test
    void failureIsRetriedSoonButNotAtOnce() {
        answer = null;
        await().until(() -> resolve().isCompletedExceptionally());
        assertThat(lookups).hasValue(1);
        answer = OLD;
        now.addAndGet(HostResolver.RETRY_NANOS);
        await().until(() -> !resolve().isCompletedExceptionally() && resolve().isDone());
        assertThat(lookups).hasValue(2);
    }

    @Test
    void manyAskersShareOneLookup() throws Exception {
        final CountDownLatch gate = new CountDownLatch(1);
        final AtomicInteger slowLookups = new AtomicInteger();
        try (HostResolver slow = new HostResolver(
                host -> {
                    slowLookups.incrementAndGet();
                    try {
                        assertThat(gate.await(10, TimeUnit.SECONDS)).isTrue();
                    } catch (final InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return OLD;
                },
                now::get)) {
            final CompletableFuture<List<InetAddress>> first = slow.resolve("peer.example");
            final CompletableFuture<List<InetAddress>> second = slow.resolve("peer.example");
            assertThat(first).isNotDone();
            gate.countDown();
            assertThat(first.get(5, TimeUnit.SECONDS)).isEqualTo(OLD);
            assertThat(second.get(5, TimeUnit.SECONDS)).isEqualTo(OLD);
            assertThat(slowLookups).hasValue(1);
        }
    }

    @Test
    void namesAreForgottenRatherThanPilingUp() {
        for (int i = 0; i < HostResolver.NAMES_MAX; i++) {
            resolver.resolve("peer-" + i + ".example");
        }
        assertThat(resolver.resolve("one-more.example")).isCompletedExceptionally();
        now.addAndGet(HostResolver.FRESH_NANOS);
        await().until(() -> !resolver.resolve("one-more.example").isCompletedExceptionally());
    }
}
