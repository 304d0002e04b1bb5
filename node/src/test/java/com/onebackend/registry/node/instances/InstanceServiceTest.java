package com.onebackend.registry.node.instances;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.onebackend.registry.api.Caller;
import com.onebackend.registry.api.ErrorCode;
import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryError;
import com.onebackend.registry.api.Reply;
import com.onebackend.registry.directory.Directory;
import com.onebackend.registry.gossip.GossipConfig;
import com.onebackend.registry.gossip.GossipCore;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.membership.SwimMessage;
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.replication.LogBatch;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The loop and the service over a disk that confirms when the test says so. */
class InstanceServiceTest {
    private static final Caller ADMIN = new Caller("usr_admin", "admin", Set.of(), true);

    private final SlowDisk disk = new SlowDisk();
    private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
    private final Directory directory = new Directory();
    private final GossipLoop loop = new GossipLoop(
            new GossipCore(GossipConfig.LAN, self(), new SplittableRandom(1)),
            directory,
            (to, lane, message) -> true,
            disk,
            fatal::add);
    private final InstanceService service = new InstanceService(loop, "http://self:1");

    @BeforeEach
    void start() {
        loop.start();
    }

    @AfterEach
    void stop() {
        loop.close();
    }

    @Test
    void repeatedRegistrationIsNotAnsweredBeforeTheFirstOneIsOnDisk() {
        final Answers first = new Answers();
        final Answers repeated = new Answers();
        service.register(ADMIN, request("inst_a"), first);
        until(() -> !disk.waiting.isEmpty());
        service.register(ADMIN, request("inst_a"), repeated);
        settle();
        assertThat(repeated.answers).isEmpty();

        disk.confirm();
        until(() -> first.successes.get() == 1 && repeated.successes.get() == 1);
        // What is on disk already is confirmed at once.
        final Answers third = new Answers();
        service.register(ADMIN, request("inst_a"), third);
        until(() -> third.successes.get() == 1);
    }

    @Test
    void repeatedDeregistrationIsNotAnsweredBeforeTheFirstOneIsOnDisk() {
        final Answers registered = new Answers();
        service.register(ADMIN, request("inst_a"), registered);
        until(() -> !disk.waiting.isEmpty());
        disk.confirm();
        until(() -> registered.successes.get() == 1);

        final Answers first = new Answers();
        final Answers repeated = new Answers();
        service.deregister(ADMIN, "inst_a", first);
        until(() -> !disk.waiting.isEmpty());
        service.deregister(ADMIN, "inst_a", repeated);
        settle();
        assertThat(first.answers).isEmpty();
        assertThat(repeated.answers).isEmpty();
        disk.confirm();
        until(() -> first.successes.get() == 1);
        until(() -> repeated.answers.contains(ErrorCode.NOT_FOUND));
    }

    @Test
    void whoeverWaitsForTheDiskIsAnsweredWhenTheLoopEnds() {
        final Answers answers = new Answers();
        service.register(ADMIN, request("inst_a"), answers);
        until(() -> !disk.waiting.isEmpty());
        loop.close();
        assertThat(answers.answers).containsExactly(ErrorCode.INDETERMINATE);

        final Answers late = new Answers();
        service.register(ADMIN, request("inst_b"), late);
        assertThat(late.answers).hasSize(1);
    }

    @Test
    void whoeverIsQueuedIsAnsweredWhenTheLoopDies() throws InterruptedException {
        final CountDownLatch blocked = new CountDownLatch(1);
        loop.post(turn -> {
            awaitQuietly(blocked);
            throw new IllegalStateException("a bug");
        });
        final Answers answers = new Answers();
        service.register(ADMIN, request("inst_a"), answers);
        blocked.countDown();
        until(() -> answers.answers.equals(List.of(ErrorCode.INDETERMINATE)));
        assertThat(fatal).hasSize(1);
    }

    @Test
    void commandIsNotRefusedWhenTheInboxIsFull() {
        final CountDownLatch blocked = new CountDownLatch(1);
        loop.post(turn -> awaitQuietly(blocked));
        until(() -> loop.inboxSize() == 0);
        while (loop.post(turn -> {})) {
            assertThat(loop.inboxSize()).isLessThanOrEqualTo(GossipLoop.INBOX_MAX);
        }
        final AtomicInteger ran = new AtomicInteger();
        loop.command(turn -> ran.incrementAndGet());
        blocked.countDown();
        until(() -> ran.get() == 1);
    }

    @Test
    void sameAddressInTheSameRoundIsTheSameInstance() {
        final CountDownLatch blocked = new CountDownLatch(1);
        loop.post(turn -> awaitQuietly(blocked));
        final Answers custom = new Answers();
        final Answers byAddress = new Answers();
        final Answers removed = new Answers();
        final Answers afterwards = new Answers();
        service.register(ADMIN, request("inst_custom"), custom);
        service.register(ADMIN, at(request("inst_custom").url()), byAddress);
        service.deregister(ADMIN, "inst_custom", removed);
        service.register(ADMIN, at(request("inst_custom").url()), afterwards);
        blocked.countDown();
        until(() -> !disk.waiting.isEmpty());
        settle();
        disk.confirm();
        until(() -> afterwards.successes.get() == 1);
        assertThat(((Instance) byAddress.answers.get(0)).id()).isEqualTo("inst_custom");
        assertThat(removed.successes).hasValue(1);
        // What was removed is gone: the address alone makes a new instance under the id of its own.
        assertThat(((Instance) afterwards.answers.get(0)).id())
                .isEqualTo(InstanceId.of("svc", request("inst_custom").url()));
    }

    @Test
    void heartbeatIsAnsweredAtOnceAndNothingIsWrittenForIt() {
        registered("inst_a");
        final long before = lastHeartbeat("inst_a");
        until(() -> System.currentTimeMillis() > before);
        final Answers answers = new Answers();
        service.heartbeat(ADMIN, "inst_a", answers);
        until(() -> answers.successes.get() == 1);
        assertThat(disk.waiting).isEmpty();
        assertThat(((Instance) answers.answers.get(0)).lastHeartbeatMillis()).isGreaterThan(before);
        // The service was shown with its registration a moment ago, and this is the first refresh since.
        until(() -> lastHeartbeat("inst_a") > before);
    }

    @Test
    void unchangedRegistrationIsAHeartbeatAndNotAWrite() {
        registered("inst_a");
        final long before = lastHeartbeat("inst_a");
        until(() -> System.currentTimeMillis() > before);
        final Answers answers = new Answers();
        service.register(ADMIN, request("inst_a"), answers);
        until(() -> answers.successes.get() == 1);
        assertThat(disk.waiting).isEmpty();
    }

    @Test
    void nodeWhoseClockIsWrongRefusesWritesAndTakesHeartbeats() {
        registered("inst_a");
        // Two others agree: this node's clock is two minutes behind.
        hearClock("peer", 7, 120_000);
        hearClock("third", 8, 120_000);
        until(() -> loop.figures().counters().retained().clockOffsetMillis() > 0);
        final Answers refused = new Answers();
        service.register(ADMIN, request("inst_b"), refused);
        service.deregister(ADMIN, "inst_a", refused);
        until(() -> refused.answers.equals(List.of(ErrorCode.UNAVAILABLE, ErrorCode.UNAVAILABLE)));
        assertThat(refused.messages).allMatch(message -> message.contains("clock"));
        final Answers taken = new Answers();
        service.heartbeat(ADMIN, "inst_a", taken);
        service.register(ADMIN, request("inst_a"), taken);
        until(() -> taken.answers.size() == 2);
        assertThat(taken.successes).hasValue(2);
    }

    @Test
    void heartbeatOfAnUnknownInstanceSaysToRegisterIt() {
        final Answers answers = new Answers();
        service.heartbeat(ADMIN, "inst_none", answers);
        until(() -> answers.answers.equals(List.of(ErrorCode.NOT_FOUND)));
        assertThat(answers.messages).singleElement().asString().contains("register it in full");
    }

    @Test
    void heartbeatOfAnothersInstanceIsForbidden() {
        registered("inst_a");
        final Answers answers = new Answers();
        service.heartbeat(new Caller("usr_x", "x-svc", Set.of(), false), "inst_a", answers);
        until(() -> answers.answers.equals(List.of(ErrorCode.FORBIDDEN)));
    }

    @Test
    void heartbeatIsRefusedWhenTheInboxIsFull() {
        final CountDownLatch blocked = new CountDownLatch(1);
        loop.post(turn -> awaitQuietly(blocked));
        until(() -> loop.inboxSize() == 0);
        while (loop.post(turn -> {})) {
            assertThat(loop.inboxSize()).isLessThanOrEqualTo(GossipLoop.INBOX_MAX);
        }
        final Answers answers = new Answers();
        service.heartbeat(ADMIN, "inst_a", answers);
        assertThat(answers.answers).containsExactly(ErrorCode.OVERLOADED);
        blocked.countDown();
    }

    @Test
    void heartbeatThatAdoptsIsAnsweredWhenTheAdoptionIsOnDisk() {
        final Origin gone = new Origin(7);
        // A push of long ago would not be applied.
        final Stamp stamp = Stamp.ofMillis(System.currentTimeMillis());
        final Part.Registration declared =
                new Part.Registration("svc", "http://198.18.0.1:80/x", "", "", "", 0, "", "", "", List.of(), stamp);
        final LogEntry entry = new LogEntry(gone, 1, stamp, "inst_x", declared);
        final MemberId peer = new MemberId("peer", gone, new Generation(1));
        final Endpoint at = new Endpoint("peer", 2);
        loop.received(at, new GossipMessage.Log(peer, new LogMessage.Push(gone, 0, 1, 0, List.of(entry))));
        final Member dead = new Member(peer, Incarnation.FIRST, MemberState.DEAD, at, "http://peer:1");
        final MemberId third = new MemberId("third", new Origin(8), new Generation(1));
        final Member teller =
                new Member(third, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("third", 2), "http://third:1");
        loop.received(teller.endpoint(), new GossipMessage.Swim(third, 0, new SwimMessage.Join(teller, List.of(dead))));
        until(() -> loop.members().size() == 3);
        settle();
        disk.confirm();
        final Answers answers = new Answers();
        service.heartbeat(ADMIN, "inst_x", answers);
        until(() -> !disk.waiting.isEmpty());
        settle();
        assertThat(answers.answers).isEmpty();
        disk.confirm();
        until(() -> answers.successes.get() == 1);
        assertThat(((Instance) answers.answers.get(0)).owner()).isEqualTo(new Origin(1));
    }

    @Test
    void writesAreRefusedWhileTheClockIsSoFarOffThatNobodyWouldTakeThem() {
        registered("inst_a");
        final long ahead = 100_000;
        for (int i = 8; i < 10; i++) {
            final MemberId id = new MemberId("peer" + i, new Origin(i), new Generation(1));
            final Endpoint at = new Endpoint("peer" + i, 2);
            final Member peer = new Member(id, Incarnation.FIRST, MemberState.ALIVE, at, "http://peer:" + i);
            loop.received(
                    at,
                    new GossipMessage.Swim(
                            id,
                            0,
                            GossipMessage.Acked.NOTHING,
                            0,
                            System.currentTimeMillis() + ahead,
                            new SwimMessage.Join(peer, List.of())));
        }
        until(() -> loop.figures().counters().retained().clockOffsetMillis() > ahead / 2);
        final Answers registered = new Answers();
        service.register(ADMIN, request("inst_b"), registered);
        final Answers removed = new Answers();
        service.deregister(ADMIN, "inst_a", removed);
        until(() -> !registered.answers.isEmpty() && !removed.answers.isEmpty());
        assertThat(registered.answers).containsExactly(ErrorCode.UNAVAILABLE);
        assertThat(registered.messages).singleElement().asString().contains("clock", "behind");
        assertThat(removed.answers).containsExactly(ErrorCode.UNAVAILABLE);
        assertThat(disk.waiting).isEmpty();
    }

    private void hearClock(final String nodeId, final long origin, final long aheadMillis) {
        final MemberId id = new MemberId(nodeId, new Origin(origin), new Generation(1));
        final Member peer = new Member(
                id, Incarnation.FIRST, MemberState.ALIVE, new Endpoint(nodeId, 2), "http://" + nodeId + ":1");
        loop.received(
                peer.endpoint(),
                new GossipMessage.Swim(
                        id,
                        0,
                        GossipMessage.Acked.NOTHING,
                        0,
                        System.currentTimeMillis() + aheadMillis,
                        new SwimMessage.Join(peer, List.of())));
    }

    private void registered(final String id) {
        final Answers registered = new Answers();
        service.register(ADMIN, request(id), registered);
        until(() -> !disk.waiting.isEmpty());
        settle();
        disk.confirm();
        until(() -> registered.successes.get() == 1);
    }

    private long lastHeartbeat(final String id) {
        return directory.byId(id).instance().lastHeartbeatMillis();
    }

    private static void awaitQuietly(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns when everything posted before has run. */
    private void settle() {
        final CountDownLatch passed = new CountDownLatch(1);
        loop.post(turn -> passed.countDown());
        until(() -> passed.getCount() == 0);
    }

    private static void until(final BooleanSupplier condition) {
        await().until(condition::getAsBoolean);
    }

    private static RegisterInstance request(final String id) {
        return new RegisterInstance(id, "svc", "http://198.18.0.1:80/" + id, "", "", "", 0, "", "", "", null, null, "");
    }

    private static RegisterInstance at(final String url) {
        return new RegisterInstance("", "svc", url, "", "", "", 0, "", "", "", null, null, "");
    }

    private static Member self() {
        final MemberId id = new MemberId("self", new Origin(1), new Generation(1));
        return new Member(id, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("self", 2), "http://self:1");
    }

    private static final class SlowDisk implements GossipLoop.InstanceLogWriter {
        private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

        @Override
        public boolean trySubmit(final LogBatch batch, final boolean sync, final Runnable written) {
            waiting.add(written);
            return true;
        }

        void confirm() {
            for (Runnable written = waiting.poll(); written != null; written = waiting.poll()) {
                written.run();
            }
        }
    }

    private static final class Answers implements Reply<Instance> {
        private final AtomicInteger successes = new AtomicInteger();
        private final List<String> messages = new CopyOnWriteArrayList<>();
        private final List<Object> answers = new CopyOnWriteArrayList<>();

        @Override
        public void success(final Instance value) {
            answers.add(value);
            successes.incrementAndGet();
        }

        @Override
        public void failure(final RegistryError error) {
            answers.add(error.code());
            messages.add(error.message());
        }
    }
}
