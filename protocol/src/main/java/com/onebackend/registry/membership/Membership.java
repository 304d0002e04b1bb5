package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Invariants;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Who is there, as this node sees it: finds members, notices their death, spreads what it learns, defends itself.
 *
 * <p><i>Thread:</i> one owner, for every method.
 *
 * <p><i>Lifecycle:</i> {@link #join}, then {@link #tick} every 20 to 50 ms until {@link #leave}; a process that left
 * does not come back, its node rejoins in a new generation. Time comes in as a parameter and must not go back.
 *
 * <p><i>Invariants:</i> one entry per node id; entries only move forward in the order of {@link MemberPrecedence}; an
 * incarnation is raised only by the process it belongs to; a removed member never returns; nothing that a peer sends
 * throws: what cannot be believed is counted and dropped.
 *
 * <p><i>Paper:</i> SWIM (Das, Gupta, Motivala 2002); Lifeguard (Dadgar, Phillips, Currey 2017).
 */
public final class Membership {
    /** A tick later than so many probe intervals means that this node stood still. */
    static final int PAUSE_PROBE_INTERVALS = 2;

    /** One that sends although it is believed dead is told so once in so many probe intervals. */
    static final int REMINDER_PROBE_INTERVALS = 10;

    /** A helper waits so many probe intervals for the answer it is to relay. */
    static final int RELAY_PROBE_INTERVALS = 2;

    private final MembershipConfig config;
    private final RandomGenerator random;
    private final MemberTable table;
    private final LocalHealth health = new LocalHealth();
    private final RumorQueue rumors = new RumorQueue();
    private final Suspicions suspicions;
    private final Courier courier;
    private final ProbeCycle probes;
    private final Relays relays;
    private final Reunion reunion;
    private final TablePull pulls;
    private final Reminders reminders;

    private boolean started;
    private long lastTickNanos;
    private long nextGossipNanos;
    private long identityConflicts;
    private long refused;

    /**
     * A member that knows nobody yet.
     *
     * @param self this process: alive, in its durable generation
     * @param random the only source of chance; the same seed gives the same behaviour
     */
    public Membership(final MembershipConfig config, final Member self, final RandomGenerator random) {
        Invariants.check(self.state() == MemberState.ALIVE, "a member starts alive");
        Invariants.check(isGossipable(self), "node id, host and URL together are too long to be gossiped: " + self);
        this.config = config;
        this.random = random;
        this.table = new MemberTable(self, config.membersMax());
        this.suspicions = new Suspicions(config);
        this.courier = new Courier(config, table, rumors, suspicions, health, random);
        this.probes = new ProbeCycle(config, table, health, courier, random);
        this.relays = new Relays(RELAY_PROBE_INTERVALS * config.probeIntervalNanos());
        this.reunion = new Reunion(config, table, courier);
        this.pulls = new TablePull(config, table, courier, random);
        this.reminders = new Reminders(REMINDER_PROBE_INTERVALS * config.probeIntervalNanos(), config.membersMax());
    }

    /** True when node id, host and URL together are short enough for rumors. */
    public static boolean isGossipable(final Member member) {
        return RumorQueue.estimatedBytes(member) <= Courier.MEMBER_BYTES_MAX;
    }

    /** Asks the seeds now, and for ever again whenever one of their addresses belongs to no reachable member. */
    public void join(final List<Endpoint> seeds, final long nowNanos, final SwimOutput out) {
        start(nowNanos);
        if (isActive()) {
            rumors.offer(self());
            reunion.join(seeds, nowNanos, out);
        }
    }

    /**
     * Takes one message.
     *
     * @param from where it came from; used for answers only while the sender's own address is unknown
     * @param sender who sent it, as the transport authenticated it
     */
    public void receive(
            final Endpoint from,
            final MemberId sender,
            final SwimMessage message,
            final long nowNanos,
            final SwimOutput out) {
        start(nowNanos);
        if (self().state() == MemberState.REMOVED || !isWelcome(sender)) {
            return;
        }
        final Incarnation before = self().incarnation();
        final boolean wasReachable = isReachable(sender);
        boolean wrongAboutMe = false;
        for (final Member rumor : message.rumors()) {
            wrongAboutMe |= hear(rumor, nowNanos, out);
        }
        switch (message.type()) {
            case PING -> onPing(from, sender, (SwimMessage.Ping) message, wrongAboutMe, out);
            case ACK -> onAck((SwimMessage.Ack) message, out);
            case INDIRECT_PING -> onIndirectPing(from, sender, (SwimMessage.IndirectPing) message, nowNanos, out);
            case JOIN -> onJoin(sender, (SwimMessage.Join) message, nowNanos, out);
            case JOIN_REPLY -> {}
            case GOSSIP -> onAccusations((SwimMessage.Gossip) message);
        }
        final boolean answered = message.type() == SwimMessage.Type.PING || message.type() == SwimMessage.Type.JOIN;
        if (wrongAboutMe && !answered) {
            courier.gossip(Lane.DATAGRAM, sender, addressOf(sender, from), self(), out);
        }
        if (!self().incarnation().equals(before)) {
            // Datagrams may be what was lost: the accuser hears the refutation by stream as well.
            courier.gossip(Lane.STREAM, sender, addressOf(sender, from), self(), out);
        }
        if (isActive() && !wasReachable && isReachable(sender)) {
            // It may come from another half of the cluster, with news of its own.
            pulls.pull(addressOf(sender, from), nowNanos, out);
        }
        greet(from, sender, answered, nowNanos, out);
    }

    /** Does what is due. Called every 20 to 50 ms. */
    public void tick(final long nowNanos, final SwimOutput out) {
        start(nowNanos);
        final long sinceLast = nowNanos - lastTickNanos;
        lastTickNanos = nowNanos;
        if (isActive()) {
            if (sinceLast > PAUSE_PROBE_INTERVALS * config.probeIntervalNanos()) {
                onPause(sinceLast, nowNanos);
            }
            suspicions.expired(nowNanos).forEach(nodeId -> declareDead(nodeId, nowNanos, out));
            final Member silent = probes.failedAtEnd(nowNanos);
            if (silent != null) {
                suspect(silent, nowNanos, out);
            }
            probes.tick(nowNanos, out);
            reunion.tick(nowNanos, out);
            pulls.tick(nowNanos, out);
        }
        relays.expire(nowNanos);
        gossip(nowNanos, out);
    }

    /** Says good-bye, at once and to all reachable members. Later ticks only repeat the good-bye. */
    public void leave(final long nowNanos, final SwimOutput out) {
        start(nowNanos);
        if (!isActive()) {
            return;
        }
        final Member before = self();
        table.self(before.withState(MemberState.LEFT));
        probes.drop();
        rumors.offer(self());
        for (final Member member : table.reachable()) {
            courier.gossip(Lane.DATAGRAM, member.id(), member.endpoint(), self(), out);
        }
        out.changed(before, self());
    }

    /**
     * The catalog removed a node with its data folder: final for its generations up to {@code upTo}, and for every
     * later one that still has this folder. The node returns only with an empty one.
     */
    public void forget(
            final String nodeId,
            final Origin origin,
            final Generation upTo,
            final long nowNanos,
            final SwimOutput out) {
        forget(nodeId, table.forget(nodeId, origin, upTo), nowNanos, out);
    }

    /**
     * The catalog removed a node: final for all its generations up to {@code upTo}. Its entry stays, as
     * {@link MemberState#REMOVED}, until a later generation of it joins or its room is needed.
     */
    public void forget(final String nodeId, final Generation upTo, final long nowNanos, final SwimOutput out) {
        start(nowNanos);
        final Member known = table.get(nodeId);
        final boolean covered = known != null
                && known.state() != MemberState.REMOVED
                && known.id().generation().compareTo(upTo) <= 0;
        if (!table.isSelf(nodeId)) {
            table.forget(nodeId, upTo);
        }
        if (!covered) {
            return;
        }
        final Member removed = known.withState(MemberState.REMOVED);
        rumors.drop(nodeId);
        if (table.isSelf(nodeId)) {
            table.self(removed);
            rumors.clear();
            probes.drop();
        } else {
            table.put(removed);
            probes.remove(nodeId);
            suspicions.end(nodeId);
            reunion.found(nodeId);
        }
        out.changed(known, removed);
    }

    /** This node as the others shall see it. */
    public Member self() {
        return table.self();
    }

    /** What is believed of a node; null when it is unknown. */
    public Member member(final String nodeId) {
        return table.get(nodeId);
    }

    /** Every known member in every state, this node included, ordered by node id. Unmodifiable, a snapshot. */
    public List<Member> members() {
        return table.all();
    }

    /** The others that are alive or only suspected, ordered by node id. Unmodifiable, a snapshot. */
    public List<Member> reachablePeers() {
        return table.reachable();
    }

    /** True when the catalog removed this process: whatever it sends is to be dropped. */
    public boolean isForgotten(final MemberId id) {
        return table.isForgotten(id);
    }

    /** How little this node trusts its own judgement: 0 is well, 8 is the worst. */
    public int localHealth() {
        return health.score();
    }

    /** Signs of another process that uses this node's id, since the start. */
    public long identityConflicts() {
        return identityConflicts;
    }

    /** Claims and messages dropped because they cannot be believed or kept, since the start. */
    public long refusedClaims() {
        return refused;
    }

    private boolean isActive() {
        return self().state() == MemberState.ALIVE;
    }

    private void start(final long nowNanos) {
        if (started) {
            return;
        }
        started = true;
        lastTickNanos = nowNanos;
        nextGossipNanos = nowNanos;
        pulls.start(nowNanos);
        probes.start(nowNanos);
        reunion.start(nowNanos);
    }

    private boolean isWelcome(final MemberId sender) {
        if (!table.isSelf(sender.nodeId())) {
            return !table.isForgotten(sender);
        }
        // A message of this very process is an echo of a seed that is this node; one of an earlier process is late.
        if (MemberPrecedence.compareProcess(sender, self().id()) > 0) {
            identityConflicts++;
        }
        return false;
    }

    /** Takes one rumor; true when whoever told it must hear from this node what is right. */
    private boolean hear(final Member claimed, final long nowNanos, final SwimOutput out) {
        if (table.isSelf(claimed.id().nodeId())) {
            return hearOfSelf(claimed);
        }
        if (table.isForgotten(claimed.id())) {
            return false;
        }
        final Member known = table.get(claimed.id().nodeId());
        final MemberPrecedence.Outcome outcome = MemberPrecedence.outcome(known, claimed, config.incarnationJumpMax());
        if (outcome == MemberPrecedence.Outcome.REFUSED
                || RumorQueue.estimatedBytes(claimed) > Courier.MEMBER_BYTES_MAX) {
            refused++;
        } else if (outcome == MemberPrecedence.Outcome.UPDATES
                && claimed.incarnation().equals(known.incarnation())) {
            // Only the member itself, by a new incarnation, says where it lives; others only say how it is.
            believe(known, known.withState(claimed.state()), nowNanos, out);
        } else if (outcome.holds()) {
            believe(known, claimed, nowNanos, out);
        }
        return false;
    }

    private boolean hearOfSelf(final Member claimed) {
        final int process = MemberPrecedence.compareProcess(claimed.id(), self().id());
        if (process > 0) {
            identityConflicts++;
            return false;
        }
        if (process < 0) {
            return true;
        }
        final long jump = claimed.incarnation().value() - self().incarnation().value();
        if (claimed.state() == MemberState.REMOVED || jump > config.incarnationJumpMax()) {
            refused++;
            return false;
        }
        if (!isActive()) {
            return claimed.state() != self().state();
        }
        if (jump < 0) {
            return claimed.state() != MemberState.ALIVE;
        }
        if (claimed.state() == MemberState.ALIVE && jump == 0) {
            return false;
        }
        health.worsen();
        raiseIncarnation(claimed.incarnation());
        return true;
    }

    private void raiseIncarnation(final Incarnation above) {
        table.self(self().with(above.next(), MemberState.ALIVE));
        rumors.offer(self());
    }

    private void believe(final Member known, final Member next, final long nowNanos, final SwimOutput out) {
        final String nodeId = next.id().nodeId();
        if (!table.put(next)) {
            refused++;
            return;
        }
        if (known == null || known.state() == MemberState.REMOVED) {
            probes.add(nodeId);
        }
        rumors.offer(next);
        if (next.state() == MemberState.SUSPECT) {
            suspicions.begin(nodeId, table.clusterSize(), nowNanos);
        } else {
            suspicions.end(nodeId);
        }
        if (next.state() == MemberState.DEAD) {
            reunion.lost(nodeId, nowNanos);
        } else {
            reunion.found(nodeId);
        }
        out.changed(known, next);
    }

    private void suspect(final Member silent, final long nowNanos, final SwimOutput out) {
        if (silent.state() == MemberState.ALIVE) {
            believe(silent, silent.withState(MemberState.SUSPECT), nowNanos, out);
        }
        final String nodeId = silent.id().nodeId();
        if (suspicions.accuse(nodeId, self().id().nodeId())) {
            rumors.offer(table.get(nodeId));
        }
    }

    private void declareDead(final String nodeId, final long nowNanos, final SwimOutput out) {
        final Member known = table.get(nodeId);
        believe(known, known.withState(MemberState.DEAD), nowNanos, out);
    }

    private void onPing(
            final Endpoint from,
            final MemberId sender,
            final SwimMessage.Ping ping,
            final boolean wrongAboutMe,
            final SwimOutput out) {
        final boolean asksForAnother = !ping.target().equals(self().id());
        final boolean introduce = asksForAnother || wrongAboutMe || !isActive() || !table.knows(sender);
        courier.ack(ping.sequence(), self().id(), sender, addressOf(sender, from), introduce ? self() : null, out);
    }

    private void onAck(final SwimMessage.Ack ack, final SwimOutput out) {
        if (probes.answered(ack.sequence(), ack.subject())) {
            return;
        }
        final Relays.Relay relay = relays.answered(ack.sequence(), ack.subject());
        if (relay != null) {
            // The subject's own record goes along: the asker may have missed its refutation.
            final Member subject = table.get(ack.subject().nodeId());
            final Member first = subject != null && subject.id().equals(ack.subject()) ? subject : null;
            courier.ack(relay.sequence(), ack.subject(), relay.asker(), relay.askerEndpoint(), first, out);
        }
    }

    private void onIndirectPing(
            final Endpoint from,
            final MemberId sender,
            final SwimMessage.IndirectPing ping,
            final long nowNanos,
            final SwimOutput out) {
        final Endpoint asker = addressOf(sender, from);
        if (table.isSelf(ping.target().nodeId())) {
            courier.ack(ping.sequence(), self().id(), sender, asker, self(), out);
        } else if (relays.isFull() || table.isForgotten(ping.target())) {
            refused++;
        } else {
            final long sequence = courier.ping(Lane.DATAGRAM, ping.target(), ping.targetEndpoint(), out);
            relays.add(sequence, sender, asker, ping, nowNanos);
        }
    }

    private void onJoin(final MemberId sender, final SwimMessage.Join join, final long nowNanos, final SwimOutput out) {
        if (!join.self().id().equals(sender)) {
            refused++;
            return;
        }
        hear(join.self(), nowNanos, out);
        courier.joinReply(join.self().endpoint(), out);
    }

    /** Counts only accusations that belong to the suspicion as it stands here. */
    private void onAccusations(final SwimMessage.Gossip gossip) {
        for (final SwimMessage.Accusation accusation : gossip.accusations()) {
            final Member known = table.get(accusation.accused());
            final boolean matches = known != null
                    && known.state() == MemberState.SUSPECT
                    && table.get(accusation.accuser()) != null
                    && !accusation.accuser().equals(accusation.accused())
                    && gossip.rumors().stream()
                            .anyMatch(rumor -> rumor.id().equals(known.id())
                                    && rumor.incarnation().equals(known.incarnation())
                                    && rumor.state() == MemberState.SUSPECT);
            if (matches && suspicions.accuse(accusation.accused(), accusation.accuser())) {
                rumors.offer(known);
            }
        }
    }

    /** Sets right what the sender and this node believe of each other. */
    private void greet(
            final Endpoint from,
            final MemberId sender,
            final boolean answered,
            final long nowNanos,
            final SwimOutput out) {
        final Member known = table.get(sender.nodeId());
        final int process = known == null ? 1 : MemberPrecedence.compareProcess(sender, known.id());
        if (process > 0) {
            if (isActive()) {
                pulls.pull(from, nowNanos, out);
            }
        } else if (!answered
                && (process < 0 || !known.state().isReachable())
                && reminders.permit(sender.nodeId(), nowNanos)) {
            courier.gossip(Lane.DATAGRAM, sender, addressOf(sender, from), null, out);
        }
    }

    private boolean isReachable(final MemberId id) {
        return table.knows(id) && table.get(id.nodeId()).state().isReachable();
    }

    private Endpoint addressOf(final MemberId sender, final Endpoint from) {
        return table.knows(sender) ? table.get(sender.nodeId()).endpoint() : from;
    }

    private void gossip(final long nowNanos, final SwimOutput out) {
        if (nowNanos - nextGossipNanos < 0) {
            return;
        }
        nextGossipNanos = nowNanos + config.gossipIntervalNanos();
        if (rumors.isEmpty()) {
            return;
        }
        for (final Member member : RandomPick.some(table.reachable(), config.gossipFanout(), random)) {
            courier.gossip(Lane.DATAGRAM, member.id(), member.endpoint(), null, out);
        }
    }

    /** This node stood still: what it missed says nothing about the others, and all of them may think it dead. */
    private void onPause(final long pausedNanos, final long nowNanos) {
        probes.drop();
        health.doubt();
        suspicions.hold(pausedNanos, nowNanos + Suspicion.minNanos(config, table.clusterSize()));
        raiseIncarnation(self().incarnation());
    }
}
