package com.onebackend.registry.membership;

import static com.onebackend.registry.membership.TinyNetwork.alive;
import static com.onebackend.registry.membership.TinyNetwork.id;
import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A member under test, what it is told and what it wants done. */
abstract class OneMember {
    static final MembershipConfig CONFIG = MembershipConfig.LAN;
    static final long T = CONFIG.probeIntervalNanos();

    final Outbox out = new Outbox();
    final Membership me = new Membership(CONFIG, alive("me", 5), new SplittableRandom(1));
    long now = 77;

    void hear(final String sender, final Member... rumors) {
        from(sender, new SwimMessage.Gossip(List.of(rumors)));
    }

    void from(final String sender, final SwimMessage message) {
        from(sender, 1, message);
    }

    void from(final String sender, final long generation, final SwimMessage message) {
        final Member known = me.member(sender);
        final MemberId id = known != null && generation == 1 ? known.id() : id(sender, generation);
        me.receive(endpoint(sender), id, message, now, out);
    }

    /** A death that nobody objects to, until it is believed. */
    void hearDeath(final String sender, final Member dead) {
        hear(sender, dead);
        run(Beliefs.OBJECTION_PROBE_INTERVALS * T + 2 * TinyNetwork.TICK_NANOS);
        assertThat(me.member(dead.id().nodeId())).isEqualTo(dead);
    }

    void run(final long nanos) {
        for (final long end = now + nanos; now < end; now += TinyNetwork.TICK_NANOS) {
            tick();
        }
    }

    void tick() {
        me.tick(now, out);
    }

    static SwimMessage gossip(final Member suspect, final String accuser) {
        return new SwimMessage.Gossip(
                List.of(suspect),
                List.of(new SwimMessage.Accusation(suspect.id().nodeId(), accuser)));
    }

    static Endpoint endpoint(final String name) {
        return new Endpoint(name, 7946);
    }

    record Sent(Endpoint to, Lane lane, SwimMessage message) {}

    static final class Outbox implements SwimOutput {
        final List<Sent> sent = new ArrayList<>();
        final List<Member> changes = new ArrayList<>();
        final List<Member> refusedBy = new ArrayList<>();

        @Override
        public void send(final Endpoint to, final Lane lane, final SwimMessage message) {
            sent.add(new Sent(to, lane, message));
        }

        @Override
        public void changed(final Member before, final Member after) {
            changes.add(after);
        }

        @Override
        public void refused(final Member incumbent) {
            refusedBy.add(incumbent);
        }

        List<Sent> messages(final SwimMessage.Type type) {
            return sent.stream().filter(one -> one.message().type() == type).toList();
        }

        Sent only(final SwimMessage.Type type) {
            final List<Sent> found = messages(type);
            assertThat(found).hasSize(1);
            return found.get(0);
        }
    }
}
