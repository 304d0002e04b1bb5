package com.onebackend.registry.replication;

import static com.onebackend.registry.replication.Entries.A;
import static com.onebackend.registry.replication.Entries.B;
import static com.onebackend.registry.replication.Entries.DRAIN;
import static com.onebackend.registry.replication.Entries.HEALTHY;
import static com.onebackend.registry.replication.Entries.TOMBSTONE;
import static com.onebackend.registry.replication.Entries.entry;
import static com.onebackend.registry.replication.Entries.registration;
import static com.onebackend.registry.replication.Entries.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Part;
import org.junit.jupiter.api.Test;

class InstancePartsTest {
    private static final LogEntry REGISTERED = entry(A, 1, 10, "i", registration(stamp(10)));

    @Test
    void nothingIsShownWithoutARegistration() {
        assertThat(of(entry(A, 1, 10, "i", HEALTHY), entry(A, 2, 11, "i", DRAIN))
                        .instance())
                .isNull();
    }

    @Test
    void freshRegistrationIsUnknownAndServing() {
        final Instance instance = of(REGISTERED).instance();
        assertThat(instance.status()).isEqualTo(InstanceStatus.UNKNOWN);
        assertThat(instance.details()).isEmpty();
        assertThat(instance.mode()).isEqualTo(Part.Intent.Mode.SERVE);
        assertThat(instance.lastHeartbeatMillis()).isZero();
        assertThat(instance.owner()).isEqualTo(A);
    }

    @Test
    void healthAndIntentOfThisLifeAreShownAndTheirWriterOwns() {
        final Instance instance = of(REGISTERED, entry(B, 1, 11, "i", HEALTHY), entry(A, 2, 12, "i", DRAIN))
                .instance();
        assertThat(instance.status()).isEqualTo(InstanceStatus.HEALTHY);
        assertThat(instance.details()).isEqualTo("ok");
        assertThat(instance.lastHeartbeatMillis()).isEqualTo(7);
        assertThat(instance.mode()).isEqualTo(Part.Intent.Mode.DRAIN);
        assertThat(instance.owner()).isEqualTo(B);
    }

    @Test
    void leaseMovesTheOwnerAndNothingElse() {
        final LogEntry health = entry(A, 2, 12, "i", HEALTHY);
        final Instance before = of(REGISTERED, health).instance();
        final Instance after =
                of(REGISTERED, health, entry(B, 1, 13, "i", new Part.Lease())).instance();
        assertThat(after.owner()).isEqualTo(B);
        assertThat(after.status()).isEqualTo(before.status());
        assertThat(after.registration()).isEqualTo(before.registration());
        assertThat(of(entry(B, 1, 13, "i", new Part.Lease())).instance()).isNull();
    }

    @Test
    void laterWordOfTheFormerOwnerMakesItTheOwnerAgain() {
        assertThat(of(REGISTERED, entry(B, 1, 11, "i", new Part.Lease()), entry(A, 2, 12, "i", HEALTHY))
                        .instance()
                        .owner())
                .isEqualTo(A);
    }

    @Test
    void leaseTakenTwiceWithTheSameStampIsTheLaterVersion() {
        final LogEntry first = entry(B, 1, 11, "i", new Part.Lease());
        final LogEntry second = entry(B, 2, 11, "i", new Part.Lease());
        assertThat(of(REGISTERED, first, second).lease()).isEqualTo(second);
        assertThat(of(REGISTERED, second, first).lease()).isEqualTo(second);
    }

    @Test
    void tombstoneKillsTheLeaseTakenWithoutKnowingOfIt() {
        final InstanceParts parts =
                of(REGISTERED, entry(A, 2, 20, "i", TOMBSTONE), entry(B, 1, 11, "i", new Part.Lease()));
        assertThat(parts.lease()).isNull();
    }

    @Test
    void intentDoesNotMakeItsWriterTheOwner() {
        assertThat(of(REGISTERED, entry(B, 1, 11, "i", DRAIN)).instance().owner())
                .isEqualTo(A);
    }

    @Test
    void equalStampsAreDecidedByOriginForOwnerAndRegister() {
        assertThat(of(REGISTERED, entry(B, 1, 10, "i", registration(stamp(10))))
                        .instance()
                        .owner())
                .isEqualTo(B);
    }

    @Test
    void healthOfAnEarlierLifeIsNotShown() {
        final Instance instance = of(REGISTERED, entry(B, 1, 10, "i", HEALTHY)).instance();
        assertThat(instance.status()).isEqualTo(InstanceStatus.UNKNOWN);
        assertThat(instance.lastHeartbeatMillis()).isZero();
        assertThat(instance.owner()).isEqualTo(A);
    }

    @Test
    void healthSurvivesAnUpdateOfTheSameLife() {
        final Instance instance = of(
                        REGISTERED, entry(B, 1, 11, "i", HEALTHY), entry(A, 2, 12, "i", registration(stamp(10))))
                .instance();
        assertThat(instance.status()).isEqualTo(InstanceStatus.HEALTHY);
        assertThat(instance.owner()).isEqualTo(A);
    }

    @Test
    void tombstoneKillsWhatIsOlderAndNothingElse() {
        final InstanceParts parts = of(
                REGISTERED,
                entry(A, 2, 11, "i", HEALTHY),
                entry(A, 3, 13, "i", DRAIN),
                entry(B, 1, 12, "i", TOMBSTONE));
        assertThat(parts.instance()).isNull();
        assertThat(parts.registration()).isNull();
        assertThat(parts.health()).isNull();
        assertThat(parts.intent().version()).isEqualTo(3);
    }

    @Test
    void olderPartsThatArriveAfterTheTombstoneStayDead() {
        final InstanceParts dead = of(entry(B, 1, 12, "i", TOMBSTONE));
        assertThat(dead.with(REGISTERED)).isSameAs(dead);
        assertThat(dead.with(entry(A, 2, 11, "i", HEALTHY))).isSameAs(dead);
        assertThat(dead.with(entry(A, 3, 10, "i", TOMBSTONE))).isSameAs(dead);
    }

    @Test
    void tombstoneGoesOnKillingAfterTheInstanceWasRegisteredAgain() {
        final InstanceParts again = of(entry(B, 1, 12, "i", TOMBSTONE), entry(A, 4, 20, "i", registration(stamp(20))));
        assertThat(again.instance().status()).isEqualTo(InstanceStatus.UNKNOWN);
        assertThat(again.with(entry(A, 2, 11, "i", HEALTHY))).isSameAs(again);
        assertThat(again.with(entry(A, 3, 11, "i", DRAIN))).isSameAs(again);
    }

    /** The writer of the update had not heard of the tombstone: its born is older than it. */
    @Test
    void registrationThatDidNotKnowTheTombstoneDoesNotLetOldHealthIn() {
        final LogEntry health = entry(A, 2, 11, "i", HEALTHY);
        final LogEntry tombstone = entry(B, 1, 12, "i", TOMBSTONE);
        final LogEntry update = entry(A, 3, 13, "i", registration(stamp(10)));
        assertThat(of(health, tombstone, update)).isEqualTo(of(tombstone, update, health));
    }

    @Test
    void takingAnEntryOutLeavesItsSuccessorAlone() {
        final InstanceParts parts = of(REGISTERED, entry(A, 2, 11, "i", HEALTHY));
        assertThat(parts.without(REGISTERED).registration()).isNull();
        assertThat(parts.without(entry(B, 9, 9, "i", HEALTHY))).isSameAs(parts);
        assertThat(of(REGISTERED).without(REGISTERED).isEmpty()).isTrue();
    }

    private static InstanceParts of(final LogEntry... entries) {
        InstanceParts parts = InstanceParts.NONE;
        for (final LogEntry entry : entries) {
            parts = parts.with(entry);
        }
        return parts;
    }
}
