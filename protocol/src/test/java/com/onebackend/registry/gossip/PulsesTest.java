package com.onebackend.registry.gossip;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.Replica;
import com.onebackend.registry.replication.ReplicaConfig;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What an owner tells of its instances, and what others make of it. */
class PulsesTest extends CustodyScene {
    @Test
    void pulseTellsWhatBeatSinceTheLastOneAndNothingWhenNothingDid() {
        for (int i = 0; i < 40; i++) {
            own("i" + i);
        }
        tick(SECOND);
        pulsesOver(6 * SECOND);
        assertThat(out.of(GossipMessage.Pulse.class)).isEmpty();
        beat("i3");
        beat("i17");
        pulsesOver(6 * SECOND);
        final List<GossipMessage.Pulse> pulses = out.of(GossipMessage.Pulse.class);
        assertThat(pulses).hasSize(1);
        final Bits seen = pulses.get(0).seen();
        assertThat(seen.size()).isEqualTo(40);
        final Set<Integer> set = new TreeSet<>();
        for (int i = 0; i < seen.size(); i++) {
            if (seen.at(i)) {
                set.add(i);
            }
        }
        assertThat(set).containsExactly(3, 17);
        out.messages.clear();
        pulsesOver(20 * SECOND);
        assertThat(out.of(GossipMessage.Pulse.class)).isEmpty();
    }

    @Test
    void longLogGoesInSeveralPulsesOfOneKilobyteEach() {
        final HeartbeatConfig small =
                new HeartbeatConfig(SECOND, 10 * SECOND, 100, 4, 100, 5 * SECOND, 16, 30 * SECOND, 100);
        custody = custody(small);
        for (int i = 0; i < 50; i++) {
            own("i" + i);
        }
        tick(SECOND);
        for (int i = 0; i < 50; i++) {
            beat("i" + i);
        }
        pulsesOver(6 * SECOND);
        final List<GossipMessage.Pulse> pulses = out.of(GossipMessage.Pulse.class);
        assertThat(pulses).extracting(pulse -> pulse.seen().size()).containsExactly(16, 16, 16, 2);
        // A reader with the same log hears of all of them.
        final Replica copy = new Replica(OTHER, ReplicaConfig.DEFAULT);
        replica.entriesAfter(SELF.id().origin(), 0).forEach(copy::restore);
        copy.restoreHead(replica.head(SELF.id().origin()));
        final SignsOfLife heard = new SignsOfLife();
        final Pulses reader = new Pulses(
                small, new MemberId("reader", OTHER, new Generation(1)), copy, heard, counters, (m, o) -> {});
        pulses.forEach(pulse -> reader.receive(pulse, now(), out));
        assertThat(heard.size()).isEqualTo(50);
    }

    @Test
    void pulseAboutAnotherStateOfTheLogIsIgnored() {
        meet(MemberState.ALIVE);
        restore("a", OWNER.id().origin(), 3);
        tick(SECOND);
        pulse(OWNER, 1, "a");
        assertThat(counters.pulsesIgnored).isEqualTo(1);
        assertThat(custody.lastHeartbeatMillis("a")).isZero();
        custody.receive(
                new GossipMessage.Pulse(OWNER.id(), new Origin(123), 1, 1, 0, Bits.of(new byte[] {1}, 1)), now(), out);
        assertThat(counters.pulsesIgnored).isEqualTo(2);
        pulse(OWNER, 0, "a");
        assertThat(custody.lastHeartbeatMillis("a")).isEqualTo(wall());
        assertThat(out.seen).contains("a");
    }

    @Test
    void signOfLifeGoesWithTheInstance() {
        own("a");
        beat("a");
        replica.write("a", new Part.Tombstone(), wall());
        custody.changed("a");
        assertThat(custody.lastHeartbeatMillis("a")).isZero();
    }

    @Test
    void timeOfAClockThatIsAheadIsNotShown() {
        restore("a", OWNER.id().origin(), 3);
        write(
                "a",
                OWNER.id().origin(),
                4,
                Stamp.ofMillis(WALL + 1),
                new Part.Health(InstanceStatus.HEALTHY, "", WALL + 3_600_000));
        assertThat(custody.seen(replica.instance("a"), now()).lastHeartbeatMillis())
                .isEqualTo(wall());
    }
}
