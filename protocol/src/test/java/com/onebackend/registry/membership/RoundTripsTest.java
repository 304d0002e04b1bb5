package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RoundTripsTest {
    private final RoundTrips roundTrips = new RoundTrips(MembershipConfig.LAN);

    @Test
    void fewSamplesSayNothing() {
        answered(RoundTrips.SAMPLES_MIN - 1, 1);
        assertThat(roundTrips.ackTimeoutNanos()).isEqualTo(MembershipConfig.LAN.ackTimeoutNanos());
        answered(1, 1);
        assertThat(roundTrips.ackTimeoutNanos()).isEqualTo(80 * MILLI);
    }

    @Test
    void timeoutIsThreeTimesTheSlowestOfAHundredWithinItsBounds() {
        answered(100, 50);
        assertThat(roundTrips.ackTimeoutNanos()).isEqualTo(150 * MILLI);
        answered(100, 20);
        answered(28, 90);
        assertThat(roundTrips.p50Nanos()).isEqualTo(20 * MILLI);
        assertThat(roundTrips.p99Nanos()).isEqualTo(90 * MILLI);
        assertThat(roundTrips.ackTimeoutNanos()).isEqualTo(250 * MILLI);
    }

    @Test
    void oldSamplesAreForgotten() {
        answered(RoundTrips.SAMPLES_MAX, 90);
        answered(RoundTrips.SAMPLES_MAX, 30);
        assertThat(roundTrips.p99Nanos()).isEqualTo(30 * MILLI);
        assertThat(roundTrips.ackTimeoutNanos()).isEqualTo(90 * MILLI);
    }

    private void answered(final int times, final long millis) {
        for (int i = 0; i < times; i++) {
            roundTrips.answeredAfter(millis * MILLI);
        }
    }
}
