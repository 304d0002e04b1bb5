package com.onebackend.registry.node.gossip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.onebackend.registry.wire.WireLimits;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PacketSealTest {
    private static final byte[] PING = "ping".getBytes(StandardCharsets.UTF_8);

    private final TransportCounters counters = new TransportCounters();
    private final PacketSeal sender = seal(TestNode.SECRET, TestNode.CLUSTER);
    private final PacketSeal receiver = seal(TestNode.SECRET, TestNode.CLUSTER);

    private PacketSeal seal(final String secret, final long clusterHash) {
        return new PacketSeal(ClusterKeys.derive(secret), clusterHash, counters);
    }

    private byte[] open(final byte[] packet) {
        return receiver.open(packet, "somebody");
    }

    @Test
    void sealedDatagramOpensOnce() {
        final byte[] packet = sender.seal(PING);
        assertThat(open(packet)).isEqualTo(PING);
        assertThat(open(packet)).isNull();
        assertThat(counters.count(TransportEvent.DATAGRAM_REPLAYED)).isEqualTo(1);
    }

    @Test
    void largestPayloadFillsADatagramAtMost() {
        final byte[] packet = sender.seal(new byte[PacketSeal.PLAINTEXT_BYTES_MAX]);
        assertThat(packet.length).isLessThanOrEqualTo(WireLimits.DATAGRAM_BYTES_MAX);
        assertThat(open(packet)).hasSize(PacketSeal.PLAINTEXT_BYTES_MAX);
        assertThatIllegalStateException().isThrownBy(() -> sender.seal(new byte[PacketSeal.PLAINTEXT_BYTES_MAX + 1]));
    }

    @Test
    void everyChangedByteIsNoticed() {
        final byte[] packet = sender.seal(PING);
        for (int i = 0; i < packet.length; i++) {
            final byte[] changed = packet.clone();
            changed[i] ^= 1;
            assertThat(open(changed)).as("byte %d", i).isNull();
        }
        assertThat(counters.count(TransportEvent.DATAGRAM_FORGED)).isPositive();
        assertThat(open(packet)).as("forgeries do not spoil the window").isEqualTo(PING);
    }

    @Test
    void datagramOfAnotherSecretIsForgedAndOfAnotherClusterIsForeign() {
        assertThat(open(seal(TestNode.OTHER_SECRET, TestNode.CLUSTER).seal(PING)))
                .isNull();
        assertThat(counters.count(TransportEvent.DATAGRAM_FORGED)).isEqualTo(1);
        assertThat(open(seal(TestNode.SECRET, TestNode.CLUSTER + 1).seal(PING))).isNull();
        assertThat(counters.count(TransportEvent.DATAGRAM_WRONG_CLUSTER)).isEqualTo(1);
    }

    @Test
    void overtakenDatagramOpensWithinTheWindowAndNotBeyond() {
        final byte[] old = sender.seal(PING);
        final byte[] recent = sender.seal(PING);
        for (int i = 0; i < ReplayWindow.SIZE - 1; i++) {
            assertThat(open(sender.seal(PING))).isEqualTo(PING);
        }
        assertThat(open(recent)).as("1,023 behind").isEqualTo(PING);
        assertThat(open(old)).as("1,024 behind").isNull();
    }

    @Test
    void forgersDoNotPushRealSendersOut() {
        final byte[] packet = sender.seal(PING);
        assertThat(open(packet)).isEqualTo(PING);
        final byte[] forged = packet.clone();
        for (int i = 0; i <= PacketSeal.SENDERS_MAX; i++) {
            forged[12] = (byte) (i >> 8);
            forged[13] = (byte) i;
            open(forged);
        }
        assertThat(open(packet)).as("still remembered as seen").isNull();
    }

    @Test
    void randomBytesAreRefused() {
        final Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            final byte[] noise = new byte[random.nextInt(1_400)];
            random.nextBytes(noise);
            if (noise.length > 3 && random.nextBoolean()) {
                System.arraycopy(sender.seal(PING), 0, noise, 0, Math.min(noise.length, 28));
            }
            assertThat(open(noise)).isNull();
        }
        assertThat(open(sender.seal(PING))).isEqualTo(PING);
    }

    @Test
    void windowAgreesWithASetOfEverythingSeen() {
        final Random random = new Random(2);
        final ReplayWindow window = new ReplayWindow();
        final Set<Long> seen = new HashSet<>();
        long highest = 0;
        for (int i = 0; i < 50_000; i++) {
            final int reach = random.nextInt(100) == 0 ? 5_000 : 1_500;
            final long counter = highest - 1_200 + random.nextInt(reach);
            final boolean fresh = counter > 0 && counter > highest - ReplayWindow.SIZE && !seen.contains(counter);
            assertThat(window.isFresh(counter))
                    .as("counter %d, highest %d", counter, highest)
                    .isEqualTo(fresh);
            if (fresh) {
                window.mark(counter);
                seen.add(counter);
                highest = Math.max(highest, counter);
            }
        }
    }

    @Test
    void noCounterIsUsedTwiceByManyThreads() throws InterruptedException {
        final Deque<byte[]> packets = new ArrayDeque<>();
        final Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 200; i++) {
                    final byte[] packet = sender.seal(PING);
                    synchronized (packets) {
                        packets.add(packet);
                    }
                }
            });
            threads[t].start();
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        final Set<String> headers = new HashSet<>();
        packets.forEach(packet -> headers.add(Arrays.toString(Arrays.copyOf(packet, PacketSeal.HEADER_BYTES))));
        assertThat(headers).hasSize(800);
        assertThat(packets).allSatisfy(packet -> assertThat(open(packet)).isEqualTo(PING));
    }
}
