package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.node.catalog.CatalogCommand.DeleteDefinition;
import com.onebackend.registry.node.catalog.CatalogCommand.Proposal;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveDefinition;
import com.onebackend.registry.node.catalog.CatalogResult.Code;
import com.onebackend.registry.storage.Applied;
import com.onebackend.registry.storage.CatalogBatch;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.wire.RecordCodec;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is kept of definitions and requests that are gone by. */
class DefinitionHistoryTest {
    private MemoryCatalogStore store = new MemoryCatalogStore();
    private CatalogState state = new CatalogState(store, new CatalogFeed());
    private long index;

    private CatalogResult apply(final CatalogCommand command) {
        index++;
        return state.apply(index, 1, CatalogCodec.encode(command));
    }

    private void restart() {
        state = new CatalogState(store, new CatalogFeed());
    }

    private CatalogResult save(final String id, final String image) {
        return apply(new SaveDefinition(Samples.proposal(), definition(id, image), OptionalLong.empty()));
    }

    private CatalogResult delete(final String id) {
        return apply(new DeleteDefinition(Samples.proposal(), id));
    }

    private static Definition definition(final String id, final String image) {
        return new Definition(
                id, new Definition.Image(image, List.of()), List.of(), List.of(), null, List.of(), List.of(), 0, "", 0);
    }

    private int rows(final CatalogSection section) {
        final List<String> keys = new ArrayList<>();
        store.scan(section, (key, bytes) -> keys.add(key));
        return keys.size();
    }

    @Test
    void lastTenRevisionsAreKeptTheNewestFirst() {
        for (int i = 1; i <= 13; i++) {
            save("a", "image" + i);
        }
        for (int round = 0; round < 2; round++) {
            final List<DefinitionRevision> history = state.definitionHistory("a");
            assertThat(history)
                    .extracting(DefinitionRevision::revision)
                    .containsExactly(13L, 12L, 11L, 10L, 9L, 8L, 7L, 6L, 5L, 4L);
            assertThat(history)
                    .allSatisfy(revision -> assertThat(revision.definition())
                            .isEqualTo(definition("a", "image" + revision.revision())
                                    .saved(revision.revision(), "alice", 1_700_000_000_000L)));
            restart();
        }
        assertThat(rows(CatalogSection.DEFINITION_REVISION)).isEqualTo(DefinitionHistory.REVISIONS_MAX);
    }

    @Test
    void definitionMadeAnewCountsOnFromItsDeletion() {
        save("a", "one");
        assertThat(delete("a").revision()).isEqualTo(2);
        restart();
        assertThat(state.definitionHistory("a"))
                .extracting(DefinitionRevision::isDeletion)
                .containsExactly(true, false);
        // Whoever read revision 1 before the deletion must not overwrite what came after it.
        assertThat(save("a", "two").revision()).isEqualTo(3);
        final CatalogResult late =
                apply(new SaveDefinition(Samples.proposal(), definition("a", "late"), OptionalLong.of(1)));
        assertThat(late.code()).isEqualTo(Code.CONFLICT);
        assertThat(late.message()).contains("at revision 3", "alice", "2023-11-14T22:13:20Z", "not at 1");
    }

    @Test
    void deletionObeysTheExpectedRevision() {
        save("a", "one");
        save("a", "two");
        assertThat(apply(new DeleteDefinition(Samples.proposal(), "a", OptionalLong.of(1)))
                        .code())
                .isEqualTo(Code.CONFLICT);
        assertThat(state.definition("a")).isNotNull();
        assertThat(apply(new DeleteDefinition(Samples.proposal(), "a", OptionalLong.of(2)))
                        .isOk())
                .isTrue();
        final CatalogResult gone =
                apply(new SaveDefinition(Samples.proposal(), definition("a", "x"), OptionalLong.of(2)));
        assertThat(gone.code()).isEqualTo(Code.CONFLICT);
        assertThat(gone.message()).contains("revision 3 deleted it");
    }

    @Test
    void idThatBeginsLikeAnothersKeyHasAHistoryOfItsOwn() {
        final List<String> ids = List.of("a", "a/", "a/0000000000000001", "aa", "a/0000000000000001/");
        for (int round = 1; round <= 12; round++) {
            for (final String id : ids) {
                save(id, "image" + round);
            }
        }
        delete("a/");
        for (final String id : ids) {
            assertThat(state.definitionHistory(id)).as(id).hasSize(DefinitionHistory.REVISIONS_MAX);
            assertThat(state.definitionHistory(id))
                    .filteredOn(revision -> !revision.isDeletion())
                    .allSatisfy(
                            revision -> assertThat(revision.definition().id()).isEqualTo(id));
        }
    }

    @Test
    void onlySoManyDeletedDefinitionsAreRememberedAndNoNumberComesTwice() {
        for (int i = 0; i < 5; i++) {
            save("eldest", "x");
        }
        delete("eldest");
        for (int i = 0; i < DefinitionHistory.DELETED_MAX; i++) {
            save("d" + i, "x");
            delete("d" + i);
        }
        restart();
        assertThat(state.definitionHistory("eldest")).isEmpty();
        assertThat(state.definitionHistory("d0")).hasSize(2);
        assertThat(rows(CatalogSection.DEFINITION_REVISION)).isEqualTo(2 * DefinitionHistory.DELETED_MAX);
        assertThat(save("eldest", "y").revision()).isEqualTo(7);
    }

    @Test
    void storeFromBeforeRevisionsWereKeptShowsWhatIsThereAndCountsOn() {
        final Definition old = definition("a", "old").saved(5, "bob", 7);
        store.apply(new CatalogBatch(new Applied(1, 1))
                .put(CatalogSection.DEFINITION, "a", RecordCodec.encodeDefinition(old)));
        index = 1;
        restart();
        assertThat(state.definitionHistory("a")).containsExactly(new DefinitionRevision(5, 7, "bob", old));
        assertThat(save("a", "new").revision()).isEqualTo(6);
        assertThat(state.definitionHistory("a"))
                .extracting(DefinitionRevision::revision)
                .containsExactly(6L);
    }

    @Test
    void sameRequestWithAnotherContentIsAConflictAndHasNoEffect() {
        final UUID id = UUID.randomUUID();
        final CatalogResult first = apply(
                new SaveDefinition(new Proposal(id, 1, "alice", 11), definition("a", "one"), OptionalLong.empty()));
        final CatalogCommand other =
                new SaveDefinition(new Proposal(id, 2, "alice", 12), definition("a", "two"), OptionalLong.empty());
        for (int round = 0; round < 2; round++) {
            assertThat(apply(other).code()).isEqualTo(Code.CONFLICT);
            assertThat(apply(new SaveDefinition(
                            new Proposal(id, 3, "alice", 11), definition("a", "one"), OptionalLong.empty())))
                    .isEqualTo(first);
            restart();
        }
        assertThat(state.definition("a").image().name()).isEqualTo("one");
        assertThat(state.definition("a").revision()).isEqualTo(1);
    }

    @Test
    void listIsTheSameUntilADefinitionChangesAndThenShowsIt() {
        save("b", "x");
        final Object before = state.definitionList();
        apply(new CatalogCommand.SaveAccount(Samples.proposal(), Samples.account("bob"), false));
        assertThat(state.definitionList()).isSameAs(before);
        save("a", "x");
        assertThat(state.definitions()).extracting(Definition::id).containsExactly("a", "b");
        delete("b");
        assertThat(state.definitions()).extracting(Definition::id).containsExactly("a");
    }

    /** A history whose limit a test can reach. */
    private static final class Small {
        private final long bytesMax;
        private final MemoryCatalogStore store = new MemoryCatalogStore();
        private final Map<String, Definition> stored = new TreeMap<>();
        private DefinitionTrails trails = new DefinitionTrails();
        private long at;

        Small(final long bytesMax) {
            this.bytesMax = bytesMax;
        }

        void save(final String id, final int chars) {
            write(history -> {
                final Definition saved =
                        definition(id, "x".repeat(chars)).saved(history.next(id, stored.get(id)), "alice", at);
                stored.put(id, saved);
                history.saved(saved, RecordCodec.encodeDefinition(saved));
            });
        }

        void delete(final String id) {
            write(history -> {
                final long revision = history.next(id, stored.remove(id));
                history.deleted(id, revision, Samples.proposal(), at);
            });
        }

        private void write(final Consumer<DefinitionHistory> change) {
            at++;
            final CatalogBatch batch = new CatalogBatch(new Applied(at, 1));
            final List<Runnable> effects = new ArrayList<>();
            change.accept(new DefinitionHistory(trails, batch, effects::add, bytesMax));
            store.apply(batch);
            effects.forEach(Runnable::run);
        }

        void restart() {
            trails = new DefinitionTrails();
            store.scan(CatalogSection.META, (key, row) -> DefinitionHistory.load(trails, key, row));
        }

        List<Long> revisions(final String id) {
            return DefinitionHistory.read(store, trails, id).stream()
                    .map(DefinitionRevision::revision)
                    .toList();
        }

        /** What is on disk beside the last revision of each. */
        long olderBytes() {
            final Map<String, Integer> lasts = new TreeMap<>();
            final long[] all = {0};
            store.scan(CatalogSection.DEFINITION_REVISION, (key, row) -> {
                all[0] += row.length;
                lasts.put(key.substring(0, key.lastIndexOf('/')), row.length);
            });
            return all[0] - lasts.values().stream().mapToInt(bytes -> bytes).sum();
        }
    }

    @Test
    void beyondItsBytesTheHistoryForgetsTheFirstDeletedThenWhatTheWrittenOneHadBefore() {
        final Small small = new Small(5_000);
        for (final String id : List.of("gone", "gone-too", "a", "b")) {
            small.save(id, 1_000);
        }
        small.delete("gone");
        small.delete("gone-too");
        small.save("a", 1_000);
        small.save("b", 1_000);
        assertThat(small.revisions("gone")).containsExactly(2L, 1L);
        small.save("a", 1_000);
        assertThat(small.revisions("gone")).as("was deleted first").isEmpty();
        assertThat(small.revisions("gone-too")).containsExactly(2L, 1L);
        small.save("b", 1_000);
        assertThat(small.revisions("gone-too")).isEmpty();
        assertThat(small.revisions("a")).containsExactly(3L, 2L, 1L);
        small.save("b", 1_000);
        assertThat(small.revisions("b")).as("pays for itself").containsExactly(4L, 3L, 2L);
        assertThat(small.revisions("a")).as("others keep theirs").containsExactly(3L, 2L, 1L);
        small.save("b", 6_000);
        small.save("b", 1_000);
        assertThat(small.revisions("b")).as("the last one stays in any case").containsExactly(6L);
        small.save("gone", 10);
        assertThat(small.revisions("gone")).as("no number comes twice").containsExactly(3L);
    }

    @Test
    void historyIsWithinItsBytesAndCountsThemRightWhateverIsWritten() {
        for (long seed = 1; seed <= 40; seed++) {
            final SplittableRandom random = new SplittableRandom(seed);
            final Small small = new Small(3_000);
            for (int i = 0; i < 400; i++) {
                final String id = "d" + random.nextInt(8);
                if (small.stored.containsKey(id) && random.nextInt(4) == 0) {
                    small.delete(id);
                } else {
                    small.save(id, random.nextInt(700));
                }
                final long bytes = small.olderBytes();
                assertThat(bytes).as("seed %d step %d", seed, i).isLessThanOrEqualTo(3_000);
                assertThat(small.trails.olderBytes())
                        .as("seed %d step %d", seed, i)
                        .isEqualTo(bytes);
                if (random.nextInt(20) == 0) {
                    small.restart();
                    assertThat(small.trails.olderBytes()).as("seed %d", seed).isEqualTo(bytes);
                }
            }
            small.stored.forEach((id, last) -> assertThat(DefinitionHistory.read(small.store, small.trails, id)
                            .get(0)
                            .definition())
                    .isEqualTo(last));
        }
    }

    /** What should happen, told as simply as possible. */
    private static final class Model {
        private final Map<String, Definition> stored = new TreeMap<>();
        private final Map<String, Deque<DefinitionRevision>> history = new HashMap<>();
        private final Map<UUID, List<Object>> answered = new HashMap<>();

        /** Code and revision. */
        List<Object> apply(final CatalogCommand command) {
            final List<Object> before = answered.get(command.proposal().requestId());
            if (before != null) {
                return before.get(2).equals(command.proposal().contentHash())
                        ? before.subList(0, 2)
                        : List.of(Code.CONFLICT, 0L);
            }
            final List<Object> answer = decide(command);
            answered.put(
                    command.proposal().requestId(),
                    List.of(answer.get(0), answer.get(1), command.proposal().contentHash()));
            return answer;
        }

        private List<Object> decide(final CatalogCommand command) {
            final boolean isSave = command instanceof SaveDefinition;
            final String id =
                    isSave ? ((SaveDefinition) command).definition().id() : ((DeleteDefinition) command).definitionId();
            final OptionalLong expected = isSave
                    ? ((SaveDefinition) command).expectedRevision()
                    : ((DeleteDefinition) command).expectedRevision();
            final Definition known = stored.get(id);
            if (!isSave && known == null) {
                return List.of(Code.NOT_FOUND, 0L);
            }
            if (expected.isPresent() && expected.getAsLong() != (known == null ? 0 : known.revision())) {
                return List.of(Code.CONFLICT, 0L);
            }
            final Deque<DefinitionRevision> past = history.computeIfAbsent(id, any -> new ArrayDeque<>());
            final long revision = past.isEmpty() ? 1 : past.getFirst().revision() + 1;
            final Proposal by = command.proposal();
            final Definition saved =
                    isSave ? ((SaveDefinition) command).definition().saved(revision, by.who(), by.millis()) : null;
            past.addFirst(new DefinitionRevision(revision, by.millis(), by.who(), saved));
            if (past.size() > 10) {
                past.removeLast();
            }
            if (isSave) {
                stored.put(id, saved);
            } else {
                stored.remove(id);
            }
            return List.of(Code.OK, revision);
        }
    }

    @Test
    void stateDoesWhatASimpleModelDoesAlsoOverSnapshotsAndRestarts() throws IOException {
        for (long seed = 1; seed <= 30; seed++) {
            final SplittableRandom random = new SplittableRandom(seed);
            final Model model = new Model();
            store = new MemoryCatalogStore();
            index = 0;
            restart();
            for (int i = 0; i < 400; i++) {
                final CatalogCommand command = command(random);
                final CatalogResult result = apply(command);
                assertThat(List.<Object>of(result.code(), result.revision()))
                        .as("seed %d step %d %s", seed, i, command)
                        .isEqualTo(model.apply(command));
                if (random.nextInt(50) == 0) {
                    store = MemoryCatalogStore.of(store.exported());
                    restart();
                }
            }
            assertThat(state.definitions()).as("seed %d", seed).isEqualTo(List.copyOf(model.stored.values()));
            model.history.forEach(
                    (id, past) -> assertThat(state.definitionHistory(id)).as(id).isEqualTo(List.copyOf(past)));
        }
    }

    private static CatalogCommand command(final SplittableRandom random) {
        final Proposal by =
                new Proposal(new UUID(1, random.nextInt(300)), random.nextInt(1_000), "who", random.nextInt(2));
        final String id = List.of("a", "a/", "b").get(random.nextInt(3));
        final OptionalLong expected =
                random.nextInt(3) == 0 ? OptionalLong.of(random.nextInt(12)) : OptionalLong.empty();
        return random.nextInt(4) == 0
                ? new DeleteDefinition(by, id, expected)
                : new SaveDefinition(by, definition(id, "image" + random.nextInt(100)), expected);
    }
}
