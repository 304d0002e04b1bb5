package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CatalogAgeTest {
    private final CatalogAge age = new CatalogAge();

    private static long nanos(final long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Test
    void nobodyKnowsBeforeTheFirstNews() {
        assertThat(age.millis(nanos(5))).isEqualTo(CatalogAge.UNKNOWN_MILLIS);
    }

    @Test
    void ageGrowsUntilTheNextNewsAndOlderNewsDoNotCount() {
        age.current(100, nanos(1_000));
        assertThat(age.millis(nanos(1_000))).isEqualTo(100);
        assertThat(age.millis(nanos(3_000))).isEqualTo(2_100);
        age.current(5_000, nanos(3_000));
        assertThat(age.millis(nanos(3_000))).isEqualTo(2_100);
        age.current(0, nanos(4_000));
        assertThat(age.millis(nanos(4_000))).isZero();
    }

    @Test
    void sourceThatNeverKnewSaysNothing() {
        age.current(CatalogAge.UNKNOWN_MILLIS, nanos(1));
        assertThat(age.millis(nanos(1))).isEqualTo(CatalogAge.UNKNOWN_MILLIS);
    }

    @Test
    void oneLooksForAllWhoAskAtTheSameTime() {
        final long start = Long.MAX_VALUE - 5;
        assertThat(age.isLookDue(start)).isTrue();
        assertThat(age.isLookDue(start + TimeUnit.MILLISECONDS.toNanos(9))).isFalse();
        assertThat(age.isLookDue(start + TimeUnit.MILLISECONDS.toNanos(10))).isTrue();
        assertThat(age.isLookDue(start + TimeUnit.MILLISECONDS.toNanos(11))).isFalse();
    }
}
