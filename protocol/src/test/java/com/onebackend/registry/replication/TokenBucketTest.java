package com.onebackend.registry.replication;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenBucketTest {
    @Test
    void rateOfAFastDiskIsFilledLikeAnyOther() {
        final TokenBucket fast = new TokenBucket(TokenBucket.BYTES_PER_SECOND_MAX, 1_000);
        fast.take(2_000, 0);
        assertThat(fast.isOpen(0)).isFalse();
        assertThat(fast.isOpen(60_000_000_000L)).isTrue();
    }

    private static final long SECOND = 1_000_000_000L;

    @Test
    void overAMinuteItLetsThroughItsRateAndOneBurst() {
        for (final long start : new long[] {0, -3 * SECOND, Long.MAX_VALUE - SECOND}) {
            final TokenBucket bucket = new TokenBucket(20_000_000, 2_000_000);
            long sent = 0;
            for (long millis = 0; millis <= 60_000; millis += 20) {
                while (bucket.isOpen(start + millis * 1_000_000)) {
                    bucket.take(256_000, start + millis * 1_000_000);
                    sent += 256_000;
                }
            }
            assertThat(sent).isBetween(1_200_000_000L, 1_203_000_000L);
        }
    }

    @Test
    void longPauseEarnsNoMoreThanTheBurst() {
        final TokenBucket bucket = new TokenBucket(1_000, 5_000);
        assertThat(bucket.isOpen(0)).isTrue();
        bucket.take(5_000, 0);
        assertThat(bucket.isOpen(0)).isFalse();
        assertThat(bucket.isOpen(3_600 * SECOND)).isTrue();
        bucket.take(4_999, 3_600 * SECOND);
        assertThat(bucket.isOpen(3_600 * SECOND)).isTrue();
        bucket.take(1, 3_600 * SECOND);
        assertThat(bucket.isOpen(3_600 * SECOND)).isFalse();
    }

    @Test
    void debtIsPaidBeforeAnythingGoes() {
        final TokenBucket bucket = new TokenBucket(1_000, 1_000);
        assertThat(bucket.isOpen(0)).isTrue();
        bucket.take(3_000, 0);
        assertThat(bucket.isOpen(2 * SECOND)).isFalse();
        assertThat(bucket.isOpen(2 * SECOND + 2_000_000)).isTrue();
    }
}
