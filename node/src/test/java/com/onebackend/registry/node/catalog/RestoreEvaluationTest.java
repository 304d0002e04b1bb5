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
import java.util.List;
import java.util.OptionalLong;
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
        final byte[] deletion = CatalogCodec.encodeRevision(new DefinitionRevision(2, 1, "alice", null));
        for (final RestoredRow bad : List.of(
                new RestoredRow(revisions, "gone/0000000000000003", deletion),
                new RestoredRow(revisions, "gone", deletion),
                new RestoredRow(revisions, "gone/0000000000000002", new byte[] {9, 9}),
                new RestoredRow(meta, "trail/gone", CatalogCodec.encodeTrail(new DefinitionTrails.Trail(1, 500, 0))),
                new RestoredRow(meta, "trail/gone", CatalogCodec.encodeTrail(new DefinitionTrails.Trail(3, 2, 0))),
                new RestoredRow(meta, "trail/gone", new byte[] {9, 9}),
                new RestoredRow(meta, "revision-floor", new byte[3]))) {
            assertThat(rows("one", bad).code()).as(bad.key()).isEqualTo(Code.INVALID);
        }
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
        index++;
        return state.apply(index, 1, CatalogCodec.encode(command));
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
