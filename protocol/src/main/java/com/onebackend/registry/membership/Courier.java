package com.onebackend.registry.membership;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Writes messages and fills them with rumors. What the receiver must know about itself comes first (Lifeguard's buddy
 * system): whoever is believed suspected, dead or gone is told so in every message, and can refute at once.
 */
final class Courier {
    /** Rumors and accusations of one message; the rest of a datagram is for the identities and the sealing. */
    static final int RUMOR_BYTES_MAX = 900;

    /** Node ids of sender and receiver that leave so much; what they are longer is taken from the rumors. */
    private static final int NODE_IDS_BYTES = 100;

    /** One member's rumor; a longer one is refused, because two of them must fit a datagram in any case. */
    static final int MEMBER_BYTES_MAX = 400;

    /** The same where only small datagrams get through. */
    static final int RUMOR_BYTES_DEGRADED_MAX = 512;

    /** Members of one join reply: well below one stream frame. */
    static final int REPLY_BYTES_MAX = 256 << 10;

    /** Everything is told to so many joiners per probe interval; the others are told of a few members to ask. */
    static final int FULL_REPLIES_PER_INTERVAL_MAX = 256;

    /** So many members one of the others is told of. */
    static final int SHORT_REPLY_MEMBERS = 32;

    /** Tags and lengths of one accusation. */
    private static final int ACCUSATION_FIXED_BYTES = 8;

    /** Sequences start anywhere, so that a late answer to an earlier process rarely fits. */
    private static final int FIRST_SEQUENCE_BOUND = 1 << 30;

    private final MembershipConfig config;
    private final MemberTable table;
    private final RumorQueue rumors;
    private final Suspicions suspicions;
    private final LocalHealth health;
    private final Paths paths;
    private final MembershipCounters counters;
    private final RandomGenerator random;
    private long lastSequence;
    private long repliesSinceNanos;
    private int replies;

    Courier(
            final MembershipConfig config,
            final MemberTable table,
            final RumorQueue rumors,
            final Suspicions suspicions,
            final LocalHealth health,
            final Paths paths,
            final MembershipCounters counters,
            final RandomGenerator random) {
        this.config = config;
        this.table = table;
        this.rumors = rumors;
        this.suspicions = suspicions;
        this.health = health;
        this.paths = paths;
        this.counters = counters;
        this.random = random;
        this.lastSequence = random.nextInt(FIRST_SEQUENCE_BOUND);
    }

    /** The lane on which the answer to this sequence travels. */
    static Lane laneOf(final long sequence) {
        return (sequence & 1) == 0 ? Lane.DATAGRAM : Lane.STREAM;
    }

    /** Asks for a sign of life; returns the sequence the answer will carry. */
    long ping(final Lane lane, final MemberId target, final Endpoint to, final SwimOutput out) {
        final long sequence = nextSequence(lane);
        out.send(target, to, lane, new SwimMessage.Ping(sequence, target, health.score(), rumorsFor(target, null)));
        return sequence;
    }

    /** Asks one that is gone, and tells it only that it is believed to be: nothing else is to be lost on it. */
    void knock(final Lane lane, final Member gone, final SwimOutput out) {
        out.send(
                gone.id(),
                gone.endpoint(),
                lane,
                new SwimMessage.Ping(nextSequence(lane), gone.id(), health.score(), List.of(gone)));
    }

    /** Asks for a sign of life in a datagram of the largest size, with nothing else in it. */
    long paddedPing(final MemberId target, final Endpoint to, final SwimOutput out) {
        final long sequence = nextSequence(Lane.DATAGRAM);
        out.send(to, Lane.DATAGRAM, new SwimMessage.Ping(sequence, target, health.score(), true, List.of()));
        return sequence;
    }

    /** Asks a helper to ping the target; its answer will carry {@code sequence}. */
    void indirectPing(
            final long sequence, final Member target, final Member helper, final int waitMillis, final SwimOutput out) {
        final List<Member> news = rumorsFor(helper.id(), null);
        out.send(
                helper.id(),
                helper.endpoint(),
                laneTo(helper.id()),
                new SwimMessage.IndirectPing(sequence, target.id(), target.endpoint(), waitMillis, news));
    }

    /** Tells an asker that the target did not answer. */
    void nack(final long sequence, final MemberId asker, final Endpoint to, final SwimOutput out) {
        counters.nacksSent++;
        out.send(to, laneTo(asker), new SwimMessage.Nack(sequence, rumorsFor(asker, null)));
    }

    /** Tells a process, on both lanes, that its node id is taken. */
    void refusal(final Member incumbent, final Endpoint to, final SwimOutput out) {
        final SwimMessage refusal = new SwimMessage.Refusal(incumbent, List.of());
        out.send(to, Lane.DATAGRAM, refusal);
        out.send(to, Lane.STREAM, refusal);
    }

    /** Datagrams, unless they do not get through. */
    Lane laneTo(final MemberId target) {
        return paths.isUdpDegraded(target.nodeId()) ? Lane.STREAM : Lane.DATAGRAM;
    }

    private long nextSequence(final Lane lane) {
        return (++lastSequence << 1) | (lane == Lane.STREAM ? 1 : 0);
    }

    /**
     * Proves {@code subject}'s life to whoever asked.
     *
     * @param first what the asker should hear before all other news; null when nothing in particular
     */
    void ack(
            final long sequence,
            final MemberId subject,
            final boolean isSettled,
            final MemberId asker,
            final Endpoint to,
            final Member first,
            final SwimOutput out) {
        out.send(
                asker,
                to,
                laneOf(sequence),
                new SwimMessage.Ack(sequence, subject, isSettled, rumorsFor(asker, first)));
    }

    /** Asks whoever lives at the address for all it knows, and introduces this node. */
    void join(final Endpoint to, final SwimOutput out) {
        out.send(to, Lane.STREAM, new SwimMessage.Join(table.self(), table.hash(), List.of()));
    }

    /** Tells everything known to one that asked; itself only when the other knows all of it. */
    void joinReply(final SwimMessage.Join join, final long nowNanos, final SwimOutput out) {
        final Endpoint to = join.self().endpoint();
        if (join.tableHash() == table.hash()) {
            out.send(to, Lane.STREAM, new SwimMessage.JoinReply(List.of(table.self())));
            return;
        }
        if (replies == 0 || nowNanos - repliesSinceNanos >= config.probeIntervalNanos()) {
            repliesSinceNanos = nowNanos;
            replies = 0;
        }
        if (++replies > FULL_REPLIES_PER_INTERVAL_MAX) {
            counters.joinRepliesCut++;
            reply(RandomPick.some(table.reachable(), SHORT_REPLY_MEMBERS, random), to, out);
        } else {
            reply(table.all(), to, out);
        }
    }

    private void reply(final List<Member> members, final Endpoint to, final SwimOutput out) {
        List<Member> chunk = new ArrayList<>();
        chunk.add(table.self());
        int bytes = RumorQueue.estimatedBytes(table.self());
        for (final Member member : members) {
            if (table.isSelf(member.id().nodeId()) || member.state() == MemberState.REMOVED) {
                continue;
            }
            final int size = RumorQueue.estimatedBytes(member);
            if (bytes + size > REPLY_BYTES_MAX) {
                out.send(to, Lane.STREAM, new SwimMessage.JoinReply(List.copyOf(chunk)));
                chunk = new ArrayList<>();
                bytes = 0;
            }
            chunk.add(member);
            bytes += size;
        }
        out.send(to, Lane.STREAM, new SwimMessage.JoinReply(List.copyOf(chunk)));
    }

    /** Sends news, {@code first} before all other; nothing when there is none. */
    void gossip(final Lane lane, final MemberId target, final Endpoint to, final Member first, final SwimOutput out) {
        final List<Member> news = rumorsFor(target, first);
        if (!news.isEmpty()) {
            out.send(target, to, lane, new SwimMessage.Gossip(news, accusationsBeside(news, rumorBytesMax(target))));
        }
    }

    private List<Member> rumorsFor(final MemberId target, final Member first) {
        final List<Member> chosen = new ArrayList<>();
        final Set<String> told = new TreeSet<>();
        int bytes = 0;
        if (first != null) {
            chosen.add(first);
            told.add(first.id().nodeId());
            bytes += RumorQueue.estimatedBytes(first);
        }
        final Member believed = table.get(target.nodeId());
        if (told.add(target.nodeId()) && believed != null && isNewsTo(target, believed)) {
            chosen.add(believed);
            bytes += RumorQueue.estimatedBytes(believed);
        }
        chosen.addAll(rumors.take(
                config.rumorsPerMessageMax() - chosen.size(),
                rumorBytesMax(target) - bytes,
                RumorQueue.sendsMax(config.rumorMultiplier(), table.clusterSize()),
                rumor -> told.contains(rumor.id().nodeId())));
        return List.copyOf(chosen);
    }

    private int rumorBytesMax(final MemberId target) {
        final int nodeIds = RumorQueue.utf8Bytes(table.self().id().nodeId()) + RumorQueue.utf8Bytes(target.nodeId());
        final int most = paths.isMtuDegraded(target.nodeId()) ? RUMOR_BYTES_DEGRADED_MAX : RUMOR_BYTES_MAX;
        return most - Math.max(0, nodeIds - NODE_IDS_BYTES);
    }

    private static boolean isNewsTo(final MemberId target, final Member believed) {
        return believed.state() != MemberState.REMOVED
                && (believed.state() != MemberState.ALIVE || !believed.id().equals(target));
    }

    private List<SwimMessage.Accusation> accusationsBeside(final List<Member> news, final int bytesMax) {
        final List<SwimMessage.Accusation> beside = new ArrayList<>();
        int bytes = 0;
        for (final Member member : news) {
            bytes += RumorQueue.estimatedBytes(member);
        }
        for (final Member member : news) {
            final String accused = member.id().nodeId();
            if (member.state() != MemberState.SUSPECT) {
                continue;
            }
            for (final String accuser : suspicions.accusers(accused)) {
                bytes += ACCUSATION_FIXED_BYTES + RumorQueue.utf8Bytes(accused) + RumorQueue.utf8Bytes(accuser);
                if (bytes > bytesMax) {
                    return beside;
                }
                beside.add(new SwimMessage.Accusation(accused, accuser));
            }
        }
        return beside;
    }
}
