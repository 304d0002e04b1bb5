package com.onebackend.registry.node;

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
import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Instance;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.gossip.GossipLoop;
import com.onebackend.registry.node.instances.InstanceService;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A fresh node of a running cluster: everything works already, only what the others have is not here yet. */
class NodeApiTest {
    private static final MemberId SELF = new MemberId("b", new Origin(8), new Generation(1));
    private static final Caller TENANT = new Caller("usr_b", "svc-b", Set.of(), false);

    private final AtomicInteger written = new AtomicInteger();
    private final Directory directory = new Directory();
    private final Readiness readiness = new Readiness();
    private final GossipLoop loop = new GossipLoop(
            new GossipCore(GossipConfig.LAN, self(), new SplittableRandom(1)),
            directory,
            (to, lane, message) -> true,
            (batch, sync, done) -> {
                written.addAndGet(batch.puts().size());
                done.run();
                return true;
            },
            failure -> {});
    private final NodeApi api = new NodeApi(
            new NodeRecord(
                    "b", SELF.origin(), SELF.generation(), "http://b:1", "", "", 2, 3, NodeRecord.HostFacts.UNKNOWN),
            directory,
            null,
            readiness);
    private final Answers answers = new Answers();

    @BeforeEach
    void start() {
        loop.start();
        api.serve(new Services("c", null, loop, new InstanceService(loop, "http://b:1")));
        readiness.waitsFor("catching up with the instances");
    }

    @AfterEach
    void stop() {
        loop.close();
    }

    @Test
    void registrationUnderAnIdThatMayBelongToAnotherServiceIsRefusedUntilTheNodeIsReady() {
        api.register(TENANT, request("inst_x"), answers);
        assertRefused("catching up with the instances");
        readiness.ready();
        api.register(TENANT, request("inst_x"), answers);
        await().until(() -> answers.taken.size() == 1);
    }

    @Test
    void heartbeatAndDeregistrationAreRefusedUntilTheNodeIsReady() {
        api.heartbeat(TENANT, "inst_x", answers);
        assertRefused("not ready yet");
        api.deregister(TENANT, "inst_x", answers);
        assertRefused("not ready yet");
        readiness.ready();
        api.heartbeat(TENANT, "inst_x", answers);
        await().until(() -> answers.refused.size() == 1);
        assertThat(answers.refused.get(0).code()).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void nodeThatReloadsRefusesWhatAReadyOneTakes() {
        final AtomicBoolean isReloading = new AtomicBoolean(true);
        readiness.exceptWhile(isReloading::get);
        readiness.ready();
        api.register(TENANT, request("inst_x"), answers);
        assertRefused("catching up anew");
        isReloading.set(false);
        api.register(TENANT, request("inst_x"), answers);
        await().until(() -> answers.taken.size() == 1);
    }

    private void assertRefused(final String why) {
        await().until(() -> answers.taken.size() + answers.refused.size() == 1);
        assertThat(answers.taken).isEmpty();
        assertThat(answers.refused).singleElement().satisfies(error -> {
            assertThat(error.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(error.message()).contains(why);
        });
        answers.refused.clear();
        assertThat(written).hasValue(0);
    }

    private static RegisterInstance request(final String id) {
        return new RegisterInstance(id, "svc-b", "http://198.18.0.1:80", "", "", "", 0, "", "", "", null, null, "");
    }

    private static Member self() {
        return new Member(SELF, Incarnation.FIRST, MemberState.ALIVE, new Endpoint("b", 2), "http://b:1");
    }

    private static final class Answers implements Reply<Instance> {
        private final List<Instance> taken = new CopyOnWriteArrayList<>();
        private final List<RegistryError> refused = new CopyOnWriteArrayList<>();

        @Override
        public void success(final Instance instance) {
            taken.add(instance);
        }

        @Override
        public void failure(final RegistryError error) {
            refused.add(error);
        }
    }
}
