package com.onebackend.registry.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Endpoint;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Incarnation;
import com.onebackend.registry.model.Member;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.MemberState;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.catalog.BootstrapAnswers;
import com.onebackend.registry.node.catalog.BootstrapPeers.Answer;
import com.onebackend.registry.node.catalog.Namesake;
import com.onebackend.registry.node.catalog.Seeds;
import com.onebackend.registry.node.gossip.ClusterKeys;
import com.onebackend.registry.node.gossip.GossipTransports;
import com.onebackend.registry.storage.IdentityStore;
import com.onebackend.registry.storage.NodeIdentity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A node whose folder says that it was somewhere else. */
class FormerAddressTest {
    private static final Origin ORIGIN = new Origin(7);
    private static final String THERE = "http://10.0.0.1:58231";
    private static final NodeRecord STORED = record(ORIGIN, 1, THERE, 58_232);
    private static final NodeRecord SELF = record(ORIGIN, 2, "http://10.0.0.2:58231", 58_232);

    private final List<Endpoint> asked = new ArrayList<>();

    @Test
    void livingNodeAtTheFormerAddressIsTheOneThatThisFolderWasCopiedFrom() {
        assertThat(refusal(STORED, answer("n1", ORIGIN, 2, "X")))
                .isEqualTo("this data folder is a copy of that of node n1, which runs at " + THERE
                        + "; start it with an empty OB_FOLDER and its own OB_NODE_ID, or stop the other");
        assertThat(asked).containsExactly(new Endpoint("10.0.0.1", 58_232));
    }

    @Test
    void nodeOfTheClusterWithTheSameIdButAnotherFolderThereIsNamed() {
        assertThat(refusal(STORED, answer("n1", new Origin(8), 2, "X")))
                .contains(THERE)
                .contains("has the id n1");
    }

    @Test
    void nodeThatHasMovedStarts() {
        assertThat(refusal(STORED, null)).as("silent").isEmpty();
        assertThat(refusal(STORED, answer("n1", ORIGIN, 1, "X"))).as("itself").isEmpty();
        assertThat(refusal(STORED, answer("n2", new Origin(8), 2, "X")))
                .as("another node")
                .isEmpty();
        assertThat(refusal(STORED, answer("n1", new Origin(8), 2, "Y")))
                .as("another cluster")
                .isEmpty();
        assertThat(asked).hasSize(4);
    }

    /** It was frozen, say. It learns from the others that this one has its place, and ends: then this one must not. */
    @Test
    void whoeverWasSilentAtFirstDoesNotEndTheProcessThatHasTakenItsPlace() {
        final Answer awake = answer("n1", ORIGIN, 2, "X");
        final Answer another = answer("n1", new Origin(8), 2, "X");
        final Iterator<Answer> answers =
                Arrays.asList(null, awake, awake, another).iterator();
        final FormerAddress address = new FormerAddress(
                at -> {
                    final Answer next = answers.next();
                    if (next == null) {
                        throw new IOException("silent");
                    }
                    return next;
                },
                answers(1),
                SELF);
        assertThat(address.refusal(STORED)).isEmpty();
        assertThat(address.refusal(STORED)).as("awake again").isEmpty();
        assertThat(address.refusal(record(ORIGIN, 1, THERE, 58_233)))
                .as("elsewhere")
                .contains("is a copy");
        assertThat(address.refusal(STORED))
                .as("of another folder, whom gossip does not end")
                .contains("has the id n1");
    }

    @Test
    void nodeThatIsNewOrWhereItWasAsksNobody() {
        final Answer running = answer("n1", ORIGIN, 2, "X");
        assertThat(refusal(null, running)).isEmpty();
        assertThat(refusal(record(ORIGIN, 1, SELF.url(), 58_232), running)).isEmpty();
        assertThat(refusal(record(ORIGIN, 1, "no address", 58_232), running)).isEmpty();
        assertThat(asked).isEmpty();
    }

    @Test
    void processesWithTheSameFolderTellEachOtherApartOverTheWire() throws IOException {
        final ClusterKeys keys = ClusterKeys.derive("kR7vQx2LmN9pW4sT8yB3cF6hJ1dG5aZ0");
        final BootstrapAnswers first = answers(1);
        final BootstrapAnswers second = answers(2);
        try (GossipTransports there = new GossipTransports("n1", keys, List.of("127.0.0.1"));
                GossipTransports here = new GossipTransports("n1", keys, List.of("127.0.0.1"))) {
            final int port = there.bind(
                    "127.0.0.1",
                    0,
                    request -> CompletableFuture.completedFuture(
                            BootstrapWire.answer(request, first, (id, epoch) -> null)),
                    Runnable::run);
            final int other = here.bind(
                    "127.0.0.1",
                    0,
                    request -> CompletableFuture.completedFuture(
                            BootstrapWire.answer(request, second, (id, epoch) -> null)),
                    Runnable::run);
            final BootstrapWire wire = new BootstrapWire(here, new PeerEndpoints(), second, () -> "");
            final NodeRecord self = record(ORIGIN, 2, "http://127.0.0.1:1", other);
            final FormerAddress address = new FormerAddress(wire::ask, second, self);
            assertThat(address.refusal(record(ORIGIN, 1, "http://127.0.0.1:2", port)))
                    .contains("is a copy of that of node n1, which runs at http://127.0.0.1:2");
            assertThat(address.refusal(record(ORIGIN, 1, "http://localhost:1", other)))
                    .as("itself under another name")
                    .isEmpty();
        }
    }

    @Test
    void nodeThatGossipEndsSaysWhoHasItsPlaceAndWhatToDo() {
        assertThat(Namesake.taken(SELF, member(new Origin(8), MemberState.ALIVE)))
                .isEqualTo("OB_NODE_ID n1 is taken by the node at http://10.0.0.1:58231 (gossip 10.0.0.1:58232);"
                        + " stop that one, or start this one with another OB_NODE_ID");
        final Member copy = member(ORIGIN, MemberState.SUSPECT);
        assertThat(Namesake.taken(SELF, copy))
                .contains("is a copy of that of node n1, which runs at http://10.0.0.1:58231 (gossip")
                .contains("empty OB_FOLDER")
                .contains("was started later");
        assertThat(Namesake.isOutlived(SELF, copy)).isFalse();
        final Member gone = member(ORIGIN, MemberState.DEAD);
        assertThat(Namesake.taken(SELF, gone)).contains("has ended").contains("started again");
        assertThat(Namesake.isOutlived(SELF, gone)).isTrue();
        assertThat(Namesake.isOutlived(SELF, member(new Origin(8), MemberState.DEAD)))
                .isFalse();
    }

    /** @param there what lives at the former address says; null when it is silent */
    private String refusal(final NodeRecord stored, final Answer there) {
        final FormerAddress address = new FormerAddress(
                at -> {
                    asked.add(at);
                    if (there == null) {
                        throw new IOException("silent");
                    }
                    return there;
                },
                answers(1),
                SELF);
        return address.refusal(stored);
    }

    private static BootstrapAnswers answers(final long process) {
        final NodeIdentity identity = new NodeIdentity("n1", ORIGIN, new Generation(2), "X", true, "", SELF.url());
        final IdentityStore store = new IdentityStore() {
            @Override
            public NodeIdentity load() {
                return identity;
            }

            @Override
            public void save(final NodeIdentity next) {
                throw new AssertionError("nothing changes");
            }
        };
        return new BootstrapAnswers(store, process, Seeds.of(SELF.url(), List.of()), List::of);
    }

    private static Answer answer(final String id, final Origin origin, final long process, final String cluster) {
        return new Answer(id, origin, process, cluster, List.of(), List.of(), "");
    }

    private static Member member(final Origin origin, final MemberState state) {
        final MemberId id = new MemberId("n1", origin, new Generation(3));
        return new Member(id, Incarnation.FIRST, state, new Endpoint("10.0.0.1", 58_232), THERE);
    }

    private static NodeRecord record(
            final Origin origin, final long generation, final String url, final int gossipPort) {
        return new NodeRecord(
                "n1", origin, new Generation(generation), url, "", "", gossipPort, 3, NodeRecord.HostFacts.UNKNOWN);
    }
}
