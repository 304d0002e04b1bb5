package com.onebackend.registry.node.gossip;

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
import com.onebackend.registry.node.instances.InstanceService;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The loop over a disk that confirms at once. */
class GossipLoopTest {
    private static final Origin SELF = new Origin(7);
    private static final int INSTANCES = 5_000;

    private final AtomicBoolean isReloading = new AtomicBoolean();
    private final Directory directory = new Directory();
    private final GossipLoop loop = new GossipLoop(
            new GossipCore(GossipConfig.LAN, self(), new SplittableRandom(1)),
            directory,
            (to, lane, message) -> true,
            (batch, sync, written) -> {
                written.run();
                return true;
            },
            isReloading::get,
            failure -> {});

    @BeforeEach
    void start() {
        loop.start();
    }

    @AfterEach
    void stop() {
        loop.close();
    }

    @Test
    void figuresFollowTheCoreWithinSeconds() {
        assertThat(loop.figures().heads()).isEmpty();
        write("a", registration(1));
        write("b", registration(2));
        write("b", new Part.Tombstone());
        await().untilAsserted(() -> {
            final GossipFigures figures = loop.figures();
            assertThat(figures.heads()).containsExactly(new GossipFigures.LogHead(SELF, "self", 3));
            assertThat(figures.origins()).isEqualTo(1);
            assertThat(figures.versions()).isEqualTo(3);
            assertThat(figures.tombstones()).isEqualTo(1);
            assertThat(figures.unacknowledged()).isZero();
        });
    }

    @Test
    void logsBeyondTheRowsStillCountInTheSum() {
        final int logs = GossipFigures.HEADS_MAX + 10;
        for (int i = 1; i <= logs; i++) {
            final Origin origin = new Origin(100 + i);
            final MemberId peer = new MemberId("n" + i, origin, new Generation(1));
            final Stamp stamp = Stamp.ofMillis(System.currentTimeMillis());
            final LogEntry entry = new LogEntry(origin, 5, stamp, "i" + i, registration(i));
            loop.received(
                    new Endpoint("n" + i, 2),
                    new GossipMessage.Log(peer, new LogMessage.Push(origin, 0, 5, 0, List.of(entry))));
        }
        await().untilAsserted(() -> {
            assertThat(loop.figures().origins()).isGreaterThanOrEqualTo(logs);
            assertThat(loop.figures().heads()).hasSize(GossipFigures.HEADS_MAX);
            assertThat(loop.figures().versions()).isEqualTo(5L * logs);
        });
    }

    @Test
    void riseIsRecentForAWhileAfterTheLastOne() {
        final GossipFigures.Rise once = GossipFigures.Rise.NONE.next(1, 1_000);
        assertThat(GossipFigures.Rise.NONE.next(0, 1_000).isRecent(100, 1_000)).isFalse();
        assertThat(once.isRecent(100, 1_099)).isTrue();
        assertThat(once.next(1, 1_090).isRecent(100, 1_100)).isFalse();
        assertThat(once.next(2, 1_090).isRecent(100, 1_100)).isTrue();
    }

    @Test
    void loopTellsThatItReloadsNotLaterThanItShowsWhatIsMissing() {
        for (int round = 0; round < 3; round++) {
            loop.command(turn -> {
                for (int i = 0; i < INSTANCES; i++) {
                    turn.core().write("a" + i, registration(i), turn.now(), turn.effects());
                }
            });
            await().until(() -> directory.size() == INSTANCES);
            assertThat(loop.isReloading()).isFalse();
            loop.command(turn -> {
                isReloading.set(true);
                for (int i = 0; i < INSTANCES; i++) {
                    turn.core().write("a" + i, new Part.Tombstone(), turn.now(), turn.effects());
                }
            });
            // With so many to take out, a reader this eager is there while the loop still does it.
            await().pollInterval(Duration.ofNanos(1)).until(() -> directory.size() < INSTANCES);
            assertThat(loop.isReloading()).isTrue();
            await().until(() -> directory.size() == 0);
            isReloading.set(false);
            await().until(() -> !loop.isReloading());
        }
    }

    @Test
    void writeThatWaitedWhileTheNodeBeganToReloadIsRefused() {
        isReloading.set(true);
        final AtomicReference<RegistryError> refusal = new AtomicReference<>();
        final RegisterInstance request =
                new RegisterInstance("a", "s", "http://198.18.0.1:80", "", "", "", 0, "", "", "", null, null, "");
        new InstanceService(loop, "http://self:1")
                .register(new Caller("usr_s", "s", Set.of(), false), request, new Reply<>() {
                    @Override
                    public void success(final Instance instance) {}

                    @Override
                    public void failure(final RegistryError error) {
                        refusal.set(error);
                    }
                });
        await().until(() -> refusal.get() != null);
        assertThat(refusal.get().code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(directory.byId("a")).isNull();
    }

    private void write(final String id, final Part part) {
        loop.command(turn -> turn.core().write(id, part, turn.now(), turn.effects()));
    }

    private static Part.Registration registration(final int path) {
        return new Part.Registration(
                "s", "http://198.18.0.1:80/" + path, "", "", "", 0, "", "", "http://self:1", List.of(), Stamp.ZERO);
    }

    private static Member self() {
        final MemberId id = new MemberId("self", SELF, new Generation(1));
        return new Member(id, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("self", 2), "http://self:1");
    }
}
