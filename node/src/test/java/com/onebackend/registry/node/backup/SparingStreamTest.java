package com.onebackend.registry.node.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A backup does not take the disk that its node needs. */
class SparingStreamTest {
    private static final long SPARE = 100L << 20;
    private static final byte[] CHUNK = new byte[64 << 10];

    @Test
    void writingEndsBeforeTheDiskIsFull() throws IOException {
        final ByteArrayOutputStream disk = new ByteArrayOutputStream();
        final long capacity = SPARE + (10L << 20);
        try (SparingStream out = new SparingStream(disk, () -> capacity - disk.size(), SPARE)) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1_000; i++) {
                            out.write(CHUNK);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("MiB left");
        }
        assertThat(capacity - disk.size()).isGreaterThanOrEqualTo(SPARE);
        assertThat(disk.size()).as("what fits is taken").isGreaterThan(7 << 20);
    }

    @Test
    void whatFitsIsWrittenAsItIsAndTheDiskIsLookedAtNowAndThen() throws IOException {
        final ByteArrayOutputStream disk = new ByteArrayOutputStream();
        final AtomicLong looks = new AtomicLong();
        try (SparingStream out = new SparingStream(
                disk,
                () -> {
                    looks.incrementAndGet();
                    return Long.MAX_VALUE;
                },
                SPARE)) {
            out.write(7);
            out.write(new byte[] {1, 2, 3}, 1, 2);
            for (int i = 0; i < 160; i++) {
                out.write(CHUNK);
            }
        }
        assertThat(disk.toByteArray()).startsWith(7, 2, 3, 0).hasSize(3 + 160 * CHUNK.length);
        assertThat(looks.get()).isBetween(8L, 12L);
    }
}
