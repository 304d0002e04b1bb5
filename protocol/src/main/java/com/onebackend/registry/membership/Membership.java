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

    /** A tick later than this share of the probe interval gives no verdict on anybody. */
    static final int LATE_SHARE = 4;

    /** One that sends although it is believed dead is told so once in so many probe intervals. */
    static final int REMINDER_PROBE_INTERVALS = 10;

    /** A helper waits so many probe intervals for the answer it is to relay. */
    static final int RELAY_PROBE_INTERVALS = 2;

    private final MembershipConfig config;
    private final RandomGenerator random;
    private final MemberTable table;
    private final MembershipCounters counters = new MembershipCounters();
    private final LocalHealth health = new LocalHealth();
    private final RumorQueue rumors = new RumorQueue();
    private final Paths paths = new Paths();
    private final Suspicions suspicions;
    private final Courier courier;
    private final ProbeCycle probes;
    private final Relays relays;
    private final Reunion reunion;
    private final Contests contests;
    private final Beliefs beliefs;
    private final Defence defence;
    private final TablePull pulls;
    private final Reminders reminders;

    private boolean started;
    private long lastTickNanos;
    private long nextGossipNanos;

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
        this.table = new MemberTable(self, config);
        this.suspicions = new Suspicions(config);
        this.courier = new Courier(config, table, rumors, suspicions, health, paths, counters, random);
        this.probes = new ProbeCycle(config, table, health, courier, paths, counters, random);
        this.relays = new Relays(RELAY_PROBE_INTERVALS * config.probeIntervalNanos());
        this.reunion = new Reunion(config, table, courier, random);
        this.contests = new Contests(config, table, courier, counters, random);
        this.beliefs = new Beliefs(config, table, rumors, suspicions, probes, reunion, contests, paths, counters);
        this.defence = new Defence(config, table, rumors, health, courier, contests, counters);
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
        if (isSilent()) {
            return;
        }
        if (table.isSelf(sender.nodeId())) {
            onNamesake(from, sender, message, nowNanos, out);
            return;
        }
        if (table.isForgotten(sender)) {
            return;
        }
        final Incarnation before = self().incarnation();
        final boolean wasReachable = table.isReachable(sender);
        boolean wrongAboutMe = false;
        for (final Member rumor : message.rumors()) {
            wrongAboutMe |= hear(rumor, sender, nowNanos, out);
        }
        if (isSilent()) {
            return;
        }
        switch (message.type()) {
            case PING -> onPing(from, sender, (SwimMessage.Ping) message, wrongAboutMe, nowNanos, out);
            case ACK -> onAck(sender, (SwimMessage.Ack) message, nowNanos, out);
            case INDIRECT_PING -> onIndirectPing(from, sender, (SwimMessage.IndirectPing) message, nowNanos, out);
            case JOIN -> onJoin(sender, (SwimMessage.Join) message, nowNanos, out);
            case JOIN_REPLY -> {}
            case GOSSIP -> beliefs.hearAccusations((SwimMessage.Gossip) message, nowNanos);
            case NACK -> probes.nacked(((SwimMessage.Nack) message).sequence(), sender);
            case REFUSAL -> defence.allege(sender, ((SwimMessage.Refusal) message).incumbent(), nowNanos, out);
        }
        if (isSilent()) {
            return;
        }
        final boolean answered = message.type() == SwimMessage.Type.PING || message.type() == SwimMessage.Type.JOIN;
        if (wrongAboutMe && !answered) {
            courier.gossip(courier.laneTo(sender), sender, addressOf(sender, from), self(), out);
        }
        if (!self().incarnation().equals(before)) {
            // Datagrams may be what was lost: the accuser hears the refutation by stream as well.
            courier.gossip(Lane.STREAM, sender, addressOf(sender, from), self(), out);
        } else if (wrongAboutMe) {
            defence.answerLater(sender, addressOf(sender, from));
        }
        if (isActive() && !wasReachable && table.isReachable(sender)) {
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
        if (isSilent()) {
            return;
        }
        if (isActive()) {
            if (sinceLast > PAUSE_PROBE_INTERVALS * config.probeIntervalNanos()) {
                onPause(nowNanos);
            } else if (sinceLast > config.probeIntervalNanos() / LATE_SHARE) {
                onLateTick(nowNanos);
            }
            beliefs.tick(nowNanos, out);
            final Member silent = probes.failedAtEnd(nowNanos);
            if (silent != null) {
                beliefs.suspect(silent, nowNanos, out);
            }
            probes.tick(nowNanos, out);
            reunion.tick(nowNanos, out);
            pulls.tick(rumors.size(), nowNanos, out);
            defence.tick(nowNanos, out);
        }
        for (final Relays.Relay relay : relays.unanswered(nowNanos)) {
            courier.nack(relay.sequence(), relay.asker(), relay.askerEndpoint(), out);
        }
        relays.expire(nowNanos);
        gossip(nowNanos, out);
    }

    /** Says good-bye, at once and to all reachable members. Later ticks only repeat the good-bye. */
    public void leave(final long nowNanos, final SwimOutput out) {
        start(nowNanos);
        if (!isActive() || isSilent()) {
            return;
        }
        final Member before = self();
        table.self(before.withState(MemberState.LEFT));
        probes.drop();
        rumors.offer(self());
        for (final Member member : table.reachable()) {
            courier.gossip(courier.laneTo(member.id()), member.id(), member.endpoint(), self(), out);
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
        if (!table.isSelf(nodeId)) {
            beliefs.forget(nodeId, upTo, nowNanos, out);
            return;
        }
        final Member known = self();
        if (known.state() != MemberState.REMOVED && known.id().generation().compareTo(upTo) <= 0) {
            table.self(known.withState(MemberState.REMOVED));
            rumors.clear();
            probes.drop();
            out.changed(known, self());
        }
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

    /** The others that are alive or only suspected, in no particular order. A view: it holds until the next call. */
    public List<Member> reachablePeers() {
        return table.reachable();
    }

    /** True when the catalog removed this process: whatever it sends is to be dropped. */
    public boolean isForgotten(final MemberId id) {
        return table.isForgotten(id);
    }

    /** How little this node trusts its own judgement: 0 is well, 8 is the worst. */
    int localHealth() {
        return health.score();
    }

    /** Signs of another process that uses this node's id, since the start. */
    long identityConflicts() {
        return counters.identityConflicts;
    }

    /** Claims and messages dropped because they cannot be believed or kept, since the start. */
    long refusedClaims() {
        return counters.refusedTotal();
    }

    /** True once {@link SwimOutput#refused} was said: another process has this node's id. */
    boolean isRefused() {
        return defence.isRefused();
    }

    /** What happened since the start, and how it stands. */
    public MembershipCounters.Snapshot counters() {
        return counters.snapshot(new MembershipCounters.Gauges(
                rumors.size(),
                health.score(),
                contests.size(),
                probes.roundTrips().p50Nanos(),
                probes.roundTrips().p99Nanos(),
                paths.udpDegradedMembers(),
                paths.mtuDegradedMembers(),
                paths.isUdpDegraded(),
                paths.isMtuDegraded(),
                defence.needsNewGeneration()));
    }

    private boolean isSilent() {
        return self().state() == MemberState.REMOVED || defence.isRefused();
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
        defence.start(nowNanos);
    }

    /** Takes one rumor; true when whoever told it must hear from this node what is right. */
    private boolean hear(final Member claimed, final MemberId teller, final long nowNanos, final SwimOutput out) {
        if (table.isSelf(claimed.id().nodeId())) {
            return defence.hear(claimed, nowNanos, out);
        }
        beliefs.hear(claimed, teller, nowNanos, out);
        return false;
    }

    /**
     * A message of a process with this node's id: this very process is an echo; of two of one data folder the earlier
     * ends; a process of another folder is a second one, or this one is.
     */
    private void onNamesake(
            final Endpoint from,
            final MemberId sender,
            final SwimMessage message,
            final long nowNanos,
            final SwimOutput out) {
        if (MemberPrecedence.compareProcess(sender, self().id()) > 0) {
            counters.identityConflicts++;
        }
        if (sender.equals(self().id()) || !isActive()) {
            return;
        }
        if (sender.origin().equals(self().id().origin())) {
            defence.meetCopy(from, sender, message, nowNanos, out);
            return;
        }
        switch (message.type()) {
            case PING -> {
                final SwimMessage.Ping ping = (SwimMessage.Ping) message;
                if (ping.target().equals(self().id())) {
                    final boolean isSettled = defence.isSettled(nowNanos);
                    courier.ack(ping.sequence(), self().id(), isSettled, sender, from, null, out);
                }
            }
            case ACK -> defence.answered((SwimMessage.Ack) message, nowNanos, out);
            case REFUSAL -> defence.allege(sender, ((SwimMessage.Refusal) message).incumbent(), nowNanos, out);
            case INDIRECT_PING, JOIN, JOIN_REPLY, GOSSIP, NACK -> {}
        }
        if (!isSilent()) {
            defence.meetNamesake(sender, from, nowNanos, out);
        }
    }

    private void onPing(
            final Endpoint from,
            final MemberId sender,
            final SwimMessage.Ping ping,
            final boolean wrongAboutMe,
            final long nowNanos,
            final SwimOutput out) {
        final boolean asksForAnother = !ping.target().equals(self().id());
        final boolean introduce = asksForAnother || wrongAboutMe || !isActive() || !table.knows(sender);
        final Endpoint to = addressOf(sender, from);
        final Member first = introduce ? self() : null;
        courier.ack(ping.sequence(), self().id(), defence.isSettled(nowNanos), sender, to, first, out);
    }

    private void onAck(final MemberId sender, final SwimMessage.Ack ack, final long nowNanos, final SwimOutput out) {
        if (probes.answered(ack.sequence(), ack.subject(), sender, nowNanos)) {
            return;
        }
        final Relays.Relay relay = relays.answered(ack.sequence(), ack.subject());
        if (relay == null) {
            beliefs.answered(ack, nowNanos, out);
            return;
        }
        // The subject's own record goes along: the asker may have missed its refutation.
        final Member subject = table.get(ack.subject().nodeId());
        final Member first = subject != null && subject.id().equals(ack.subject()) ? subject : null;
        courier.ack(relay.sequence(), ack.subject(), ack.isSettled(), relay.asker(), relay.askerEndpoint(), first, out);
    }

    private void onIndirectPing(
            final Endpoint from,
            final MemberId sender,
            final SwimMessage.IndirectPing ping,
            final long nowNanos,
            final SwimOutput out) {
        final Endpoint asker = addressOf(sender, from);
        if (table.isSelf(ping.target().nodeId())) {
            courier.ack(ping.sequence(), self().id(), defence.isSettled(nowNanos), sender, asker, self(), out);
        } else if (relays.isFull()) {
            counters.refuse(RefusedClaim.RELAYS_FULL);
        } else if (!table.isForgotten(ping.target())) {
            final long sequence = courier.ping(Lane.DATAGRAM, ping.target(), ping.targetEndpoint(), out);
            relays.add(sequence, sender, asker, ping, nowNanos);
        }
    }

    private void onJoin(final MemberId sender, final SwimMessage.Join join, final long nowNanos, final SwimOutput out) {
        if (!join.self().id().equals(sender)) {
            counters.refuse(RefusedClaim.FOREIGN_JOIN);
            return;
        }
        hear(join.self(), sender, nowNanos, out);
        courier.joinReply(join, nowNanos, out);
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
        if (process != 0 && known != null && isTakenFrom(sender, known, nowNanos)) {
            contests.remind(known, sender, from, nowNanos, out);
        } else if (process > 0 && isActive()) {
            pulls.pull(from, nowNanos, out);
        }
        if (process <= 0
                && !answered
                && (process < 0 || !known.state().isReachable())
                && reminders.permit(sender.nodeId(), nowNanos)) {
            courier.gossip(Lane.DATAGRAM, sender, addressOf(sender, from), null, out);
        }
    }

    /** True when the sender's node id belongs to another process, of another folder, that is believed to live. */
    private boolean isTakenFrom(final MemberId sender, final Member known, final long nowNanos) {
        final boolean isLater = MemberPrecedence.compareProcess(sender, known.id()) > 0;
        return known.state().isReachable()
                && !known.id().origin().equals(sender.origin())
                && (!isLater || contests.isRefused(sender, nowNanos));
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
            courier.gossip(courier.laneTo(member.id()), member.id(), member.endpoint(), null, out);
        }
    }

    /** This node stood still: what it missed says nothing about the others, and all of them may think it dead. */
    private void onPause(final long nowNanos) {
        counters.pauses++;
        probes.drop();
        contests.drop();
        health.doubt();
        suspicions.restart(nowNanos);
        defence.afterPause(nowNanos);
    }

    /** Answers and refutations may have arrived meanwhile and wait to be read: nobody is judged before they are. */
    private void onLateTick(final long nowNanos) {
        final long untilNanos = nowNanos + config.probeIntervalNanos() / LATE_SHARE;
        probes.late(nowNanos);
        suspicions.hold(untilNanos);
        contests.hold(untilNanos);
    }
}
