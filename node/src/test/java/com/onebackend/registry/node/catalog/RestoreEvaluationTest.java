package com.onebackend.registry.node.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.node.catalog.CatalogCommand.BeginRestore;
import com.onebackend.registry.node.catalog.CatalogCommand.DeleteDefinition;
import com.onebackend.registry.node.catalog.CatalogCommand.EndRestore;
import com.onebackend.registry.node.catalog.CatalogCommand.RestoreRows;
import com.onebackend.registry.node.catalog.CatalogCommand.RestoredRow;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveAccount;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveSigningKey;
import com.onebackend.registry.node.catalog.CatalogResult.Code;
import com.onebackend.registry.storage.CatalogSection;
import com.onebackend.registry.wire.RecordCodec;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A backup goes into a new catalog, whole, and nowhere else. */
class RestoreEvaluationTest {
    private final MemoryCatalogStore store = new MemoryCatalogStore();
    private final CatalogState state = new CatalogState(store, new CatalogFeed());
    private long index;

    @BeforeEach
    void whatANewClusterIsBornWith() {
        apply(new SaveAccount(Samples.proposal(), Samples.account("1backend"), true));
        apply(new SaveSigningKey(Samples.proposal(), Samples.key("born"), true));
    }

    @Test
    void rowsAreShownAtTheEndWithTheirRevisionsAndTheMarkStandsUntilThen() {
        assertThat(begin("one").code()).isEqualTo(Code.OK);
        assertThat(rows("one", definition("orders", 7)).code()).isEqualTo(Code.OK);
        assertThat(state.restore()).isEqualTo(new RestoreMark("one", false));
        assertThat(state.definition("orders")).as("nobody sees a part").isNull();

        assertThat(new CatalogState(store, new CatalogFeed()).restore().isUnderWay())
                .as("after a restart, too")
                .isTrue();

        assertThat(end("one").code()).isEqualTo(Code.OK);
        assertThat(state.restore()).isEqualTo(new RestoreMark("one", true));
        assertThat(state.definition("orders").revision()).isEqualTo(7);
        assertThat(new CatalogState(store, new CatalogFeed()).restore().isUnderWay())
                .isFalse();
    }

    /** It has read the rows of the backup from its disk: it must not answer by them before the others do. */
    @Test
    void aNodeThatStartsDuringARestoreAnswersLikeTheOthers() throws Exception {
        begin("one");
        rows("one", definition("orders", 7));
        final MemoryCatalogStore copy = MemoryCatalogStore.of(store.exported());
        final CatalogState restarted = new CatalogState(copy, new CatalogFeed());
        assertThat(restarted.definitions()).as("nobody sees a part").isEmpty();

        for (final CatalogCommand command : List.of(
                Samples.save("orders"),
                new DeleteDefinition(Samples.proposal(), "orders", OptionalLong.empty()),
                new SaveAccount(Samples.proposal(), Samples.account("shop"), true),
                new SaveSigningKey(Samples.proposal(), Samples.key("other"), false))) {
            final CatalogResult answer = apply(command);
            assertThat(answer.code()).isEqualTo(Code.CONFLICT);
            assertThat(answer.message()).contains("being restored");
            assertThat(restarted.apply(index, 1, CatalogCodec.encode(command))).isEqualTo(answer);
        }
        final CatalogCommand end = new EndRestore(Samples.proposal(), "one");
        assertThat(restarted.apply(index + 1, 1, CatalogCodec.encode(end))).isEqualTo(apply(end));
        assertThat(copy.exported()).isEqualTo(store.exported());
        assertThat(restarted.definition("orders")).isEqualTo(state.definition("orders"));
    }

    @Test
    void everyStepMayBeRepeated() {
        for (int i = 0; i < 2; i++) {
            assertThat(begin("one").code()).isEqualTo(Code.OK);
            assertThat(rows("one", definition("orders", 7)).code()).isEqualTo(Code.OK);
        }
        assertThat(end("one").code()).isEqualTo(Code.OK);
        apply(Samples.save("orders"));
        assertThat(begin("one").code()).isEqualTo(Code.OK);
        assertThat(rows("one", definition("orders", 7)).code()).isEqualTo(Code.OK);
        assertThat(end("one").code()).isEqualTo(Code.OK);
        assertThat(state.definition("orders").revision())
                .as("what came after the end stays")
                .isEqualTo(8);
    }

    @Test
    void aCatalogThatHasSomethingTakesNone() {
        apply(Samples.save("orders"));
        assertThat(begin("one").code()).isEqualTo(Code.CONFLICT);
        assertThat(begin("one").message()).contains("1 definitions");
    }

    @Test
    void aSecondAccountIsSomething() {
        apply(new SaveAccount(Samples.proposal(), Samples.account("shop"), true));
        assertThat(begin("one").code()).isEqualTo(Code.CONFLICT);
    }

    @Test
    void twoBackupsAreNeverMixed() {
        begin("one");
        assertThat(begin("two").code()).isEqualTo(Code.CONFLICT);
        assertThat(rows("two", definition("orders", 1)).code()).isEqualTo(Code.CONFLICT);
        assertThat(end("two").code()).isEqualTo(Code.CONFLICT);
        assertThat(state.definitions()).isEmpty();
    }

    @Test
    void historyComesAlongAndNumbersCountOn() {
        final MemoryCatalogStore from = new MemoryCatalogStore();
        final CatalogState source = new CatalogState(from, new CatalogFeed());
        long at = 0;
        for (final CatalogCommand command : List.of(
                Samples.save("orders"),
                Samples.save("orders"),
                Samples.save("gone"),
                new DeleteDefinition(Samples.proposal(), "gone", OptionalLong.empty()))) {
            source.apply(++at, 1, CatalogCodec.encode(command));
        }
        begin("one");
        for (final CatalogSection section : CatalogSection.values()) {
            from.scan(section, (key, value) -> {
                if (RestoreEvaluation.isRestored(section.id(), key)) {
                    assertThat(rows("one", new RestoredRow(section.id(), key, value))
                                    .code())
                            .isEqualTo(Code.OK);
                }
            });
        }
        assertThat(end("one").code()).isEqualTo(Code.OK);

        for (final String id : List.of("orders", "gone")) {
            assertThat(state.definitionHistory(id)).as(id).isNotEmpty().isEqualTo(source.definitionHistory(id));
        }
        apply(Samples.save("gone"));
        assertThat(state.definition("gone").revision()).isEqualTo(3);
        assertThat(new CatalogState(store, new CatalogFeed()).definitionHistory("gone"))
                .hasSize(3);
    }

    @Test
    void historyThatIsNotOneIsRefused() {
        begin("one");
        final int revisions = CatalogSection.DEFINITION_REVISION.id();
        final int meta = CatalogSection.META.id();
        final byte[] deletion = CatalogCodec.encodeRevision(new DefinitionRevision(2, 1, "alice", null), null);
        for (final RestoredRow bad : List.of(
                new RestoredRow(revisions, "gone/0000000000000003", deletion),
                new RestoredRow(revisions, "gone", deletion),
                new RestoredRow(revisions, "gone/0000000000000002", new byte[] {9, 9}),
                new RestoredRow(revisions, "gone/0000000000000002", deletion),
                trail("gone", 1, 500, 0, new int[500]),
                trail("gone", 3, 2, 0, 7),
                trail("gone", 1, 2, 0, 7),
                trail("gone", 1, 2, 0, 7, -1),
                trail("gone", 0, 0, 0, 7),
                trail("gone", Long.MAX_VALUE, Long.MAX_VALUE, 0, 7),
                trail("", 1, 1, 0, 7),
                trail("x".repeat(5_000), 1, 1, 9, 7),
                new RestoredRow(meta, "trail/gone", new byte[] {9, 9}),
                new RestoredRow(meta, "trail/gone", new byte[0]),
                new RestoredRow(meta, "revision-floor", new byte[3]),
                new RestoredRow(meta, "revision-floor", new byte[] {127, -1, -1, -1, -1, -1, -1, -1}))) {
            assertThat(rows("one", bad).code()).as(bad.key()).isEqualTo(Code.INVALID);
        }
    }

    @Test
    void aKeyThatNoStoreTakesIsRefusedAndEndsNoNode() {
        begin("one");
        final byte[] deletion = CatalogCodec.encodeRevision(new DefinitionRevision(2, 1, "alice", null), null);
        final RestoredRow row = new RestoredRow(
                CatalogSection.DEFINITION_REVISION.id(), "x".repeat(5_000) + "/0000000000000002", deletion);
        assertThat(rows("one", row).code()).isEqualTo(Code.INVALID);
    }

    @Test
    void aRevisionIsTakenOnlyWhereItsDefinitionHasOneOfThatSize() {
        begin("one");
        final byte[] deletion = CatalogCodec.encodeRevision(new DefinitionRevision(2, 1, "alice", null), null);
        final RestoredRow row =
                new RestoredRow(CatalogSection.DEFINITION_REVISION.id(), "gone/0000000000000002", deletion);
        assertThat(rows("one", trail("gone", 1, 2, 5, 9, deletion.length + 1), row)
                        .code())
                .isEqualTo(Code.INVALID);
        assertThat(rows("one", trail("gone", 3, 3, 5, deletion.length), row).code())
                .isEqualTo(Code.INVALID);
        assertThat(rows("one", trail("gone", 2, 2, 5, deletion.length), row).code())
                .isEqualTo(Code.OK);
    }

    @Test
    void aBackupHasNoMoreDefinitionsThanACatalogAlsoWhenItComesInPartsWithARestartBetweenThem() {
        CatalogState current = state;
        begin("one");
        for (int from = 0; from < CatalogEvaluation.ROWS_MAX; from += 1_000) {
            if (from == 10_000) {
                current = new CatalogState(store, new CatalogFeed());
            }
            assertThat(rows(current, definitions(from, 1_000)).code()).isEqualTo(Code.OK);
        }
        assertThat(rows(current, definitions(500, 10)).code())
                .as("the same ones again")
                .isEqualTo(Code.OK);
        final CatalogResult refused = rows(current, definitions(CatalogEvaluation.ROWS_MAX, 1));
        assertThat(refused.code()).isEqualTo(Code.INVALID);
        assertThat(refused.message()).contains("does not fit", CatalogEvaluation.ROWS_MAX + " definitions");
        assertThat(apply(current, new EndRestore(Samples.proposal(), "one")).code())
                .isEqualTo(Code.OK);
        assertThat(current.definitions()).hasSize(CatalogEvaluation.ROWS_MAX);
        assertThat(apply(current, Samples.save("one-more")).code()).isEqualTo(Code.CONFLICT);
    }

    @Test
    void aBackupHasNoMoreAccountsKeysAndDeletedDefinitionsThanACatalog() {
        begin("one");
        final int accounts = CatalogEvaluation.ROWS_MAX;
        assertThat(rows("one", many(accounts, i -> account("a" + i))).code()).isEqualTo(Code.OK);
        assertThat(rows("one", account("one-more")).message()).contains(accounts + " accounts");

        final int keys = CatalogEvaluation.SIGNING_KEYS_MAX;
        assertThat(rows("one", many(keys, i -> key("k" + i, i + 1))).code()).isEqualTo(Code.OK);
        assertThat(rows("one", key("one-more", 1)).message()).contains(keys + " signing keys");

        final int deleted = DefinitionHistory.DELETED_MAX;
        assertThat(rows("one", many(deleted, i -> trail("d" + i, 1, 2, 7, 1, 1)))
                        .code())
                .isEqualTo(Code.OK);
        assertThat(rows("one", trail("one-more", 1, 2, 7, 1, 1)).message()).contains(deleted + " deleted definitions");
        assertThat(rows("one", trail("d1", 1, 2, 0, Integer.MAX_VALUE, 1)).message())
                .contains("MiB of earlier revisions");

        assertThat(end("one").code()).isEqualTo(Code.OK);
        apply(new SaveSigningKey(Samples.proposal(), Samples.key("next"), false));
        assertThat(state.signingKeys()).hasSize(keys).extracting(SigningKey::id).startsWith("next", "born");
    }

    @Test
    void nothingElseIsChangedWhileARestoreIsUnderWay() throws IOException {
        begin("one");
        rows("one", definition("orders", 7));
        final CatalogState restarted = new CatalogState(MemoryCatalogStore.of(store.exported()), new CatalogFeed());
        for (final CatalogCommand command : List.of(
                Samples.save("orders"),
                Samples.save("other"),
                new DeleteDefinition(Samples.proposal(), "orders", OptionalLong.empty()),
                new SaveAccount(Samples.proposal(), Samples.account("shop"), true),
                new SaveSigningKey(Samples.proposal(), Samples.key("next"), false))) {
            final CatalogResult result = apply(command);
            assertThat(result.code()).isEqualTo(Code.CONFLICT);
            assertThat(result.message()).contains("a backup is being restored");
            assertThat(restarted.apply(index, 1, CatalogCodec.encode(command)))
                    .as("a node that has restarted in the middle answers the same")
                    .isEqualTo(result);
        }
        assertThat(end("one").code()).isEqualTo(Code.OK);
        assertThat(apply(Samples.save("orders")).revision()).isEqualTo(8);
    }

    @Test
    void aCatalogThatHadSomethingTakesNone() {
        apply(Samples.save("orders"));
        apply(new DeleteDefinition(Samples.proposal(), "orders", OptionalLong.empty()));
        assertThat(begin("one").code()).isEqualTo(Code.CONFLICT);
        assertThat(begin("one").message()).contains("0 definitions", "1 deleted");
    }

    @Test
    void deletionsAndKeysOfTwoRestoresThatFellOnOneIndexAreKeptApart() {
        final long lowered = 40 - (1L << 62);
        begin("one");
        assertThat(rows("one", trail("a", 1, 1, 40, 5), trail("b", 1, 1, lowered, 5), key("ka", 40), key("kb", lowered))
                        .code())
                .isEqualTo(Code.OK);
        end("one");
        assertThat(state.signingKeys()).extracting(SigningKey::id).containsExactly("born", "kb", "ka");
        for (int i = 0; i < DefinitionHistory.DELETED_MAX; i++) {
            apply(Samples.save("x" + i));
            apply(new DeleteDefinition(Samples.proposal(), "x" + i, OptionalLong.empty()));
        }
        assertThat(trails()).as("both have made room").isEqualTo(DefinitionHistory.DELETED_MAX);
        assertThat(store.read(CatalogSection.META, "trail/a")).isNull();
        assertThat(store.read(CatalogSection.META, "trail/b")).isNull();
    }

    private long trails() {
        final long[] count = {0};
        store.scan(CatalogSection.META, (key, value) -> count[0] += DefinitionHistory.isTrail(key) ? 1 : 0);
        return count[0];
    }

    @Test
    void rowsWithoutABeginningAreRefused() {
        assertThat(rows("one", definition("orders", 1)).code()).isEqualTo(Code.CONFLICT);
    }

    @Test
    void oneRowThatCannotBeReadKeepsAllOfItsEntryOut() {
        begin("one");
        final RestoredRow good = definition("orders", 1);
        for (final RestoredRow bad : List.of(
                new RestoredRow(CatalogSection.DEFINITION.id(), "x", new byte[] {1, 2, 3}),
                new RestoredRow(CatalogSection.DEFINITION.id(), "another-name", good.value()),
                new RestoredRow(CatalogSection.NODE.id(), "n", RecordCodec.encodeNode(Samples.node("n", 1))),
                new RestoredRow(CatalogSection.META.id(), "epoch", new byte[20]),
                new RestoredRow(99, "x", new byte[0]),
                new RestoredRow(300, "x", new byte[0]))) {
            assertThat(rows("one", good, bad).code()).isEqualTo(Code.INVALID);
        }
        assertThat(state.definitions()).isEmpty();
        assertThat(new CatalogState(store, new CatalogFeed()).definitions()).isEmpty();
    }

    @Test
    void accountsComeWithTheirPasswordsAndKeysVerifyWithoutSigning() {
        begin("one");
        rows(
                "one",
                new RestoredRow(
                        CatalogSection.ACCOUNT.id(), "shop", RecordCodec.encodeAccount(Samples.account("shop"))),
                key("old", 900),
                key("older", 5));
        end("one");
        assertThat(state.account("shop").passwordHash()).isEqualTo("hash");
        assertThat(state.signingKeys()).extracting(SigningKey::id).containsExactly("born", "old", "older");
        apply(new SaveSigningKey(Samples.proposal(), Samples.key("next"), false));
        assertThat(state.signingKeys().get(0).id()).isEqualTo("next");
        assertThat(new CatalogState(store, new CatalogFeed()).signingKeys())
                .extracting(SigningKey::id)
                .containsExactly("next", "born", "old", "older");
    }

    private CatalogResult apply(final CatalogCommand command) {
        return apply(state, command);
    }

    private CatalogResult apply(final CatalogState to, final CatalogCommand command) {
        index++;
        return to.apply(index, 1, CatalogCodec.encode(command));
    }

    private CatalogResult rows(final CatalogState to, final RestoredRow... rows) {
        return apply(to, new RestoreRows(Samples.proposal(), "one", List.of(rows)));
    }

    private static RestoredRow[] many(final int count, final IntFunction<RestoredRow> row) {
        return IntStream.range(0, count).mapToObj(row).toArray(RestoredRow[]::new);
    }

    private static RestoredRow[] definitions(final int from, final int count) {
        return many(count, i -> definition("d" + (from + i), 1));
    }

    private static RestoredRow account(final String slug) {
        return new RestoredRow(CatalogSection.ACCOUNT.id(), slug, RecordCodec.encodeAccount(Samples.account(slug)));
    }

    private static RestoredRow trail(
            final String id, final long first, final long last, final long deletedAt, final int... sizes) {
        return new RestoredRow(
                CatalogSection.META.id(),
                "trail/" + id,
                CatalogCodec.encodeTrail(new DefinitionTrails.Trail(first, last, deletedAt, sizes)));
    }

    private CatalogResult begin(final String id) {
        return apply(new BeginRestore(Samples.proposal(), id));
    }

    private CatalogResult rows(final String id, final RestoredRow... rows) {
        return apply(new RestoreRows(Samples.proposal(), id, List.of(rows)));
    }

    private CatalogResult end(final String id) {
        return apply(new EndRestore(Samples.proposal(), id));
    }

    private static RestoredRow definition(final String id, final long revision) {
        return new RestoredRow(
                CatalogSection.DEFINITION.id(),
                id,
                RecordCodec.encodeDefinition(Samples.definition(id).saved(revision, "bob", 1)));
    }

    private static RestoredRow key(final String id, final long at) {
        return new RestoredRow(
                CatalogSection.SIGNING_KEY.id(),
                id,
                CatalogCodec.encodeKeyRow(new CatalogCodec.KeyRow(Samples.key(id), at)));
    }
}
