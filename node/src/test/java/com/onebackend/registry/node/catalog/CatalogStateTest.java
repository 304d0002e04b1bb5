package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.node.catalog.CatalogCommand.DeleteDefinition;
import com.onebackend.registry.node.catalog.CatalogCommand.DrainNode;
import com.onebackend.registry.node.catalog.CatalogCommand.Noop;
import com.onebackend.registry.node.catalog.CatalogCommand.RemoveNode;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveAccount;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveDefinition;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveNode;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveSigningKey;
import com.onebackend.registry.node.catalog.CatalogResult.Code;
import com.onebackend.registry.storage.CatalogSection;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What applying commands does, without Raft. */
class CatalogStateTest {
    private final MemoryCatalogStore store = new MemoryCatalogStore();
    private final CatalogState state = new CatalogState(store, new CatalogFeed());
    private long index;

    private CatalogResult apply(final CatalogCommand command) {
        index++;
        return state.apply(index, 1, CatalogCodec.encode(command));
    }

    private CatalogResult save(final String id, final long expected) {
        return apply(new SaveDefinition(Samples.proposal(), Samples.definition(id), OptionalLong.of(expected)));
    }

    @Test
    void everySaveRaisesTheRevisionAndNotesWhoAndWhen() {
        assertThat(apply(Samples.save("orders")).revision()).isEqualTo(1);
        assertThat(apply(Samples.save("orders")).revision()).isEqualTo(2);
        assertThat(state.definition("orders").owner()).isEqualTo("alice");
        assertThat(state.definition("orders").updatedMillis()).isEqualTo(1_700_000_000_000L);
        assertThat(state.definition("orders").revision()).isEqualTo(2);
    }

    @Test
    void expectedRevisionThatIsNotTheStoredOneIsAConflict() {
        assertThat(save("orders", 1).code()).isEqualTo(Code.CONFLICT);
        assertThat(save("orders", 0).code()).isEqualTo(Code.OK);
        assertThat(save("orders", 0).code()).isEqualTo(Code.CONFLICT);
        assertThat(save("orders", 1).revision()).isEqualTo(2);
    }

    @Test
    void deletingWhatIsNotThereIsNotFound() {
        apply(Samples.save("orders"));
        assertThat(apply(new DeleteDefinition(Samples.proposal(), "orders")).isOk())
                .isTrue();
        assertThat(apply(new DeleteDefinition(Samples.proposal(), "orders")).code())
                .isEqualTo(Code.NOT_FOUND);
        assertThat(state.definitions()).isEmpty();
    }

    @Test
    void removedNodeReturnsOnlyAsALaterGenerationWithAnEmptyFolder() {
        final List<RemovedNode> told = new ArrayList<>();
        state.onNodeRemoved(told::add);
        apply(new SaveNode(Samples.proposal(), Samples.node("n1", 5)));

        assertThat(apply(new RemoveNode(Samples.proposal(), "n1", new Generation(8)))
                        .isOk())
                .isTrue();

        assertThat(state.nodes()).isEmpty();
        assertThat(told).containsExactly(state.removed("n1"));
        assertThat(state.removed("n1").generation()).isEqualTo(new Generation(8));
        assertThat(apply(new SaveNode(Samples.proposal(), Samples.node("n1", 8)))
                        .code())
                .isEqualTo(Code.CONFLICT);
        // Each start is a later generation: what was removed is the data folder.
        assertThat(apply(new SaveNode(Samples.proposal(), Samples.node("n1", 9)))
                        .code())
                .isEqualTo(Code.CONFLICT);
        assertThat(apply(new SaveNode(Samples.proposal(), Samples.node("n1", 8, 70)))
                        .code())
                .isEqualTo(Code.CONFLICT);
        assertThat(apply(new SaveNode(Samples.proposal(), Samples.node("n1", 9, 70)))
                        .isOk())
                .isTrue();
        assertThat(apply(new RemoveNode(Samples.proposal(), "other", new Generation(1)))
                        .code())
                .isEqualTo(Code.NOT_FOUND);
    }

    @Test
    void drainedNodeStaysDrainedOverRestartsUntilItIsTakenBackOrRemoved() throws IOException {
        apply(new SaveNode(Samples.proposal(), Samples.node("n1", 5)));
        apply(new SaveNode(Samples.proposal(), Samples.node("n2", 5)));
        assertThat(drain("n1", true, "new disk").isOk()).isTrue();
        assertThat(state.drained("n1")).isEqualTo(new DrainedNode("n1", "alice", "new disk", 1_700_000_000_000L));

        // The same process or another one: the row is the node's, whatever its generation.
        apply(new SaveNode(Samples.proposal(), Samples.node("n1", 6)));
        final CatalogState again = new CatalogState(store, new CatalogFeed());
        assertThat(again.drained("n1")).isEqualTo(state.drained("n1"));

        assertThat(drain("n1", false, "").isOk()).isTrue();
        assertThat(state.drained("n1")).isNull();
        drain("n1", true, "");
        apply(new RemoveNode(Samples.proposal(), "n1", new Generation(8)));
        apply(new SaveNode(Samples.proposal(), Samples.node("n1", 9, 70)));
        assertThat(state.drained("n1")).isNull();
        assertThat(new CatalogState(store, new CatalogFeed()).drained("n1")).isNull();
    }

    @Test
    void lastNodeInServiceAndUnknownOnesAreNotDrained() {
        apply(new SaveNode(Samples.proposal(), Samples.node("n1", 5)));
        assertThat(drain("n1", true, "").code()).isEqualTo(Code.CONFLICT);
        apply(new SaveNode(Samples.proposal(), Samples.node("n2", 5)));
        assertThat(drain("n1", true, "").isOk()).isTrue();
        assertThat(drain("n2", true, "").code()).isEqualTo(Code.CONFLICT);
        assertThat(drain("n1", true, "again, with another reason").isOk()).isTrue();
        assertThat(drain("other", true, "").code()).isEqualTo(Code.NOT_FOUND);
        assertThat(drain("n1", true, "x".repeat(DrainedNode.REASON_CHARS_MAX + 1))
                        .code())
                .isEqualTo(Code.INVALID);
    }

    private CatalogResult drain(final String id, final boolean drained, final String reason) {
        return apply(new DrainNode(Samples.proposal(), id, drained, reason));
    }

    @Test
    void earlierStartOfANodeDoesNotOverwriteALaterOne() {
        apply(new SaveNode(Samples.proposal(), Samples.node("n1", 5)));
        assertThat(apply(new SaveNode(Samples.proposal(), Samples.node("n1", 4)))
                        .code())
                .isEqualTo(Code.CONFLICT);
        assertThat(state.node("n1").generation()).isEqualTo(new Generation(5));
    }

    @Test
    void anotherDataFolderTakesTheRecordOfANodeWithALaterGenerationOnly() {
        apply(new SaveNode(Samples.proposal(), Samples.node("n1", 5, 7)));
        assertThat(apply(new SaveNode(Samples.proposal(), Samples.node("n1", 5, 70)))
                        .code())
                .isEqualTo(Code.CONFLICT);
        assertThat(apply(new SaveNode(Samples.proposal(), Samples.node("n1", 5, 7)))
                        .isOk())
                .isTrue();
        assertThat(apply(new SaveNode(Samples.proposal(), Samples.node("n1", 6, 70)))
                        .isOk())
                .isTrue();
        assertThat(state.node("n1").origin()).isEqualTo(new Origin(70));
    }

    @Test
    void accountAndSigningKeyOfTheFirstWriterStay() {
        assertThat(apply(new SaveAccount(Samples.proposal(), Samples.account("admin"), true))
                        .isOk())
                .isTrue();
        assertThat(apply(new SaveAccount(Samples.proposal(), Samples.account("admin"), true))
                        .code())
                .isEqualTo(Code.CONFLICT);
        assertThat(apply(new SaveSigningKey(Samples.proposal(), Samples.key("k1"), true))
                        .isOk())
                .isTrue();
        assertThat(apply(new SaveSigningKey(Samples.proposal(), Samples.key("k2"), true))
                        .code())
                .isEqualTo(Code.CONFLICT);
        assertThat(apply(new SaveSigningKey(Samples.proposal(), Samples.key("k3"), false))
                        .isOk())
                .isTrue();
        assertThat(state.signingKeys()).extracting(key -> key.id()).containsExactly("k3", "k1");
    }

    @Test
    void requestAppliedBeforeHasNoEffectAndTheSameAnswer() {
        final SaveDefinition command = Samples.save("orders");
        final CatalogResult first = apply(command);
        apply(Samples.save("orders"));
        assertThat(apply(command)).isEqualTo(first);
        assertThat(state.definition("orders").revision()).isEqualTo(2);

        final CatalogState restarted = new CatalogState(store, new CatalogFeed());
        index++;
        assertThat(restarted.apply(index, 1, CatalogCodec.encode(command))).isEqualTo(first);
        assertThat(restarted.definition("orders").revision()).isEqualTo(2);
    }

    @Test
    void onlySoManyRequestsAreRemembered() {
        final SaveDefinition eldest = Samples.save("orders");
        apply(eldest);
        for (int i = 0; i < CatalogState.RECENT_REQUESTS_MAX; i++) {
            apply(new DeleteDefinition(Samples.proposal(), "none"));
        }
        final AtomicInteger rows = new AtomicInteger();
        store.scan(CatalogSection.META, (key, bytes) -> rows.addAndGet(key.startsWith("request/") ? 1 : 0));
        assertThat(rows).hasValue(CatalogState.RECENT_REQUESTS_MAX);
        assertThat(apply(eldest).revision()).isEqualTo(2);
    }

    @Test
    void bytesThatDoNotDecodeAreRefusedAndMoveTheIndex() {
        final CatalogResult result = state.apply(7, 1, new byte[] {1, 2, 3});
        assertThat(result.code()).isEqualTo(Code.INVALID);
        assertThat(store.lastApplied().index()).isEqualTo(7);
        assertThat(state.appliedIndex()).isEqualTo(7);
    }

    @Test
    void whoeverListensForNodesHearsOfNothingElse() throws IOException {
        final List<Long> heard = new ArrayList<>();
        state.onNodes(heard::add);
        apply(new Noop(Samples.proposal()));
        apply(Samples.save("orders"));
        apply(new DeleteDefinition(Samples.proposal(), "none"));
        assertThat(heard).isEmpty();
        apply(new SaveNode(Samples.proposal(), Samples.node("n1", 5)));
        apply(new SaveNode(Samples.proposal(), Samples.node("n2", 5)));
        drain("n1", true, "");
        drain("n1", false, "");
        apply(new RemoveNode(Samples.proposal(), "n1", new Generation(5)));
        apply(new RemoveNode(Samples.proposal(), "n1", new Generation(5)));
        assertThat(heard).containsExactly(4L, 5L, 6L, 7L, 8L);
        state.replaceWith(new ByteArrayInputStream(store.exported()));
        assertThat(heard).hasSize(6);
    }

    private static byte[] entry(final String id) {
        return CatalogCodec.encode(Samples.save(id));
    }

    @Test
    void entriesThatWouldLeaveAGapAreNotFollowed() {
        apply(Samples.save("first"));
        final List<FeedEntry> later = List.of(new FeedEntry(6, 1, entry("sixth")));

        assertThat(state.follow(CatalogEpoch.FIRST, 5, later, 6)).isFalse();
        assertThat(state.follow(new CatalogEpoch(1, 1, 7), 1, later, 6)).isFalse();
        assertThat(state.appliedIndex()).isEqualTo(1);
        assertThat(state.definition("sixth")).isNull();

        assertThat(state.follow(CatalogEpoch.FIRST, 1, List.of(new FeedEntry(3, 1, entry("third"))), 5))
                .isTrue();
        assertThat(state.follow(CatalogEpoch.FIRST, 5, later, 8)).isTrue();
        assertThat(state.definition("sixth")).isNotNull();
        assertThat(state.appliedIndex()).isEqualTo(8);
    }

    /** Random commands on two nodes, of which one is replaced by a snapshot in the middle. */
    @Test
    void sameEntriesGiveTheSameRowsAlsoOverASnapshot() throws IOException {
        for (long seed = 1; seed <= 20; seed++) {
            final SplittableRandom random = new SplittableRandom(seed);
            final MemoryCatalogStore firstStore = new MemoryCatalogStore();
            final CatalogState first = new CatalogState(firstStore, new CatalogFeed());
            MemoryCatalogStore secondStore = new MemoryCatalogStore();
            CatalogState second = new CatalogState(secondStore, new CatalogFeed());
            for (int i = 1; i <= 200; i++) {
                final byte[] entry = CatalogCodec.encode(command(random));
                assertThat(second.apply(i, 1, entry)).isEqualTo(first.apply(i, 1, entry));
                if (i == 100) {
                    secondStore = new MemoryCatalogStore();
                    second = new CatalogState(secondStore, new CatalogFeed());
                    second.replaceWith(new ByteArrayInputStream(firstStore.exported()));
                }
            }
            assertThat(secondStore.exported()).as("seed %d", seed).isEqualTo(firstStore.exported());
            assertThat(second.definitions()).isEqualTo(first.definitions());
            assertThat(second.nodes()).isEqualTo(first.nodes());
            assertThat(second.removed()).isEqualTo(first.removed());
        }
    }

    private static CatalogCommand command(final SplittableRandom random) {
        final CatalogCommand.Proposal by = new CatalogCommand.Proposal(
                new UUID(0, random.nextInt(150)), random.nextInt(1_000), "n" + random.nextInt(3));
        final String id = "x" + random.nextInt(5);
        return switch (random.nextInt(6)) {
            case 0 -> new SaveDefinition(by, Samples.definition(id), OptionalLong.empty());
            case 1 -> new SaveDefinition(by, Samples.definition(id), OptionalLong.of(random.nextInt(3)));
            case 2 -> new DeleteDefinition(by, id);
            case 3 -> new SaveNode(by, Samples.node(id, random.nextInt(10)));
            case 4 -> new RemoveNode(by, id, new Generation(random.nextInt(10)));
            default -> new SaveAccount(by, Samples.account(id), random.nextBoolean());
        };
    }

    /** What another log has at the same index is another entry. */
    @Test
    void entriesOfAnotherEpochAreNotTaken() {
        apply(Samples.save("orders"));
        final byte[] entry = CatalogCodec.encode(Samples.save("late"));
        final CatalogEpoch other = new CatalogEpoch(1, 1, 7);
        assertThat(state.applyIn(other, 2, 1, entry)).isNull();
        assertThat(state.passedIn(other, 9)).isFalse();
        assertThat(state.appliedIndex()).isEqualTo(1);
        assertThat(state.definition("late")).isNull();
        assertThat(state.applyIn(CatalogEpoch.FIRST, 2, 1, entry)).isNotNull();
        assertThat(state.definition("late")).isNotNull();
    }

    /** A node may have become a voter while the copy that it asked for was on its way. */
    @Test
    void copyThatCameTooLateNeverTakesTheCatalogBack() throws IOException {
        apply(Samples.save("orders"));
        final ByteArrayOutputStream copy = new ByteArrayOutputStream();
        state.exportTo(copy);
        apply(Samples.save("since"));
        assertThat(replace(copy, CatalogEpoch.FIRST, CatalogEpoch.FIRST, 1)).isFalse();
        assertThat(state.definition("since")).isNotNull();
        assertThat(state.appliedIndex()).isEqualTo(2);

        final CatalogEpoch ahead = new CatalogEpoch(1, 1, 7);
        final ByteArrayOutputStream recovered = new ByteArrayOutputStream();
        new CatalogState(store, new CatalogFeed()).exportTo(recovered, ahead);
        assertThat(replace(recovered, ahead, ahead, 9))
                .as("asked for in another epoch")
                .isFalse();
        assertThat(replace(recovered, CatalogEpoch.FIRST, ahead, 2)).isTrue();
        assertThat(state.epoch()).isEqualTo(ahead);
        assertThat(CatalogState.epochOf(store)).isEqualTo(ahead);
        assertThat(replace(copy, CatalogEpoch.FIRST, CatalogEpoch.FIRST, 9)).isFalse();
        assertThat(replace(copy, ahead, CatalogEpoch.FIRST, 99)).as("given up").isFalse();
        assertThat(state.epoch()).isEqualTo(ahead);
    }

    private boolean replace(
            final ByteArrayOutputStream copy, final CatalogEpoch of, final CatalogEpoch from, final long index)
            throws IOException {
        return state.replaceIn(of, from, index, new ByteArrayInputStream(copy.toByteArray()));
    }
}
