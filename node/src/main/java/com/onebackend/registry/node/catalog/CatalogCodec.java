package com.onebackend.registry.node.catalog;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import com.onebackend.registry.model.DefinitionRevision;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.node.catalog.CatalogCommand.DeleteDefinition;
import com.onebackend.registry.node.catalog.CatalogCommand.DrainNode;
import com.onebackend.registry.node.catalog.CatalogCommand.Noop;
import com.onebackend.registry.node.catalog.CatalogCommand.Proposal;
import com.onebackend.registry.node.catalog.CatalogCommand.RemoveNode;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveAccount;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveDefinition;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveNode;
import com.onebackend.registry.node.catalog.CatalogCommand.SaveSigningKey;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireException;
import com.onebackend.registry.wire.v1.AppliedRequestMsg;
import com.onebackend.registry.wire.v1.CatalogEntryMsg;
import com.onebackend.registry.wire.v1.CatalogResultMsg;
import com.onebackend.registry.wire.v1.DefinitionRevisionMsg;
import com.onebackend.registry.wire.v1.DefinitionTrailMsg;
import com.onebackend.registry.wire.v1.DeleteDefinitionMsg;
import com.onebackend.registry.wire.v1.DrainNodeMsg;
import com.onebackend.registry.wire.v1.DrainedNodeMsg;
import com.onebackend.registry.wire.v1.NoopMsg;
import com.onebackend.registry.wire.v1.RemoveNodeMsg;
import com.onebackend.registry.wire.v1.RemovedNodeMsg;
import com.onebackend.registry.wire.v1.SaveAccountMsg;
import com.onebackend.registry.wire.v1.SaveDefinitionMsg;
import com.onebackend.registry.wire.v1.SaveNodeMsg;
import com.onebackend.registry.wire.v1.SaveSigningKeyMsg;
import com.onebackend.registry.wire.v1.SigningKeyRowMsg;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.OptionalLong;
import java.util.UUID;

/** The catalog's log entries, results and rows, between records and bytes. Decoding throws {@link WireException}. */
final class CatalogCodec {
    private static final int REQUEST_ID_BYTES = 16;

    private CatalogCodec() {}

    /** A signing key and the Raft index that brought it. */
    record KeyRow(SigningKey key, long index) {
        /** The eldest first. An index that comes from another cluster may stand for two keys. */
        static final Comparator<KeyRow> BY_AGE = Comparator.comparingLong(KeyRow::index)
                .thenComparing(row -> row.key().id());
    }

    /** A request that was applied, what it was answered, and the hash of what it asked for. */
    record AppliedRequest(UUID requestId, CatalogResult result, long contentHash) {}

    static byte[] encode(final CatalogCommand command) {
        final Proposal proposal = command.proposal();
        final CatalogEntryMsg.Builder entry = CatalogEntryMsg.newBuilder()
                .setRequestId(requestId(proposal.requestId()))
                .setMillis(proposal.millis())
                .setWho(proposal.who())
                .setContentHash(proposal.contentHash());
        setAction(entry, command);
        return entry.build().toByteArray();
    }

    private static void setAction(final CatalogEntryMsg.Builder entry, final CatalogCommand command) {
        if (command instanceof SaveDefinition save) {
            final SaveDefinitionMsg.Builder message = SaveDefinitionMsg.newBuilder()
                    .setDefinition(bytes(RecordCodec.encodeDefinition(save.definition())));
            save.expectedRevision().ifPresent(message::setExpectedRevision);
            entry.setSaveDefinition(message);
        } else if (command instanceof DeleteDefinition delete) {
            final DeleteDefinitionMsg.Builder message =
                    DeleteDefinitionMsg.newBuilder().setId(delete.definitionId());
            delete.expectedRevision().ifPresent(message::setExpectedRevision);
            entry.setDeleteDefinition(message);
        } else if (command instanceof SaveNode save) {
            entry.setSaveNode(SaveNodeMsg.newBuilder().setNode(bytes(RecordCodec.encodeNode(save.node()))));
        } else if (command instanceof RemoveNode remove) {
            entry.setRemoveNode(RemoveNodeMsg.newBuilder()
                    .setId(remove.nodeId())
                    .setGeneration(remove.generation().value()));
        } else if (command instanceof DrainNode drain) {
            entry.setDrainNode(DrainNodeMsg.newBuilder()
                    .setId(drain.nodeId())
                    .setDrained(drain.drained())
                    .setReason(drain.reason()));
        } else if (command instanceof SaveAccount save) {
            entry.setSaveAccount(SaveAccountMsg.newBuilder()
                    .setAccount(bytes(RecordCodec.encodeAccount(save.account())))
                    .setOnlyIfAbsent(save.onlyIfAbsent()));
        } else if (command instanceof SaveSigningKey save) {
            entry.setSaveSigningKey(SaveSigningKeyMsg.newBuilder()
                    .setKey(bytes(RecordCodec.encodeSigningKey(save.key())))
                    .setOnlyIfAbsent(save.onlyIfAbsent()));
        } else if (RestoreCodec.set(entry, command)) {
            return;
        } else {
            entry.setNoop(NoopMsg.getDefaultInstance());
        }
    }

    static CatalogCommand decode(final byte[] bytes) {
        final CatalogEntryMsg entry = parse(CatalogEntryMsg.parser(), bytes);
        final Proposal by = new Proposal(
                requestId(entry.getRequestId()), entry.getMillis(), entry.getWho(), entry.getContentHash());
        return switch (entry.getActionCase()) {
            case SAVE_DEFINITION ->
                new SaveDefinition(
                        by,
                        RecordCodec.decodeDefinition(
                                entry.getSaveDefinition().getDefinition().toByteArray()),
                        expectedRevision(entry.getSaveDefinition()));
            case DELETE_DEFINITION ->
                new DeleteDefinition(
                        by, entry.getDeleteDefinition().getId(), expectedRevision(entry.getDeleteDefinition()));
            case SAVE_NODE ->
                new SaveNode(
                        by, RecordCodec.decodeNode(entry.getSaveNode().getNode().toByteArray()));
            case REMOVE_NODE ->
                new RemoveNode(
                        by,
                        entry.getRemoveNode().getId(),
                        generation(entry.getRemoveNode().getGeneration()));
            case SAVE_ACCOUNT ->
                new SaveAccount(
                        by,
                        RecordCodec.decodeAccount(
                                entry.getSaveAccount().getAccount().toByteArray()),
                        entry.getSaveAccount().getOnlyIfAbsent());
            case SAVE_SIGNING_KEY ->
                new SaveSigningKey(
                        by,
                        RecordCodec.decodeSigningKey(
                                entry.getSaveSigningKey().getKey().toByteArray()),
                        entry.getSaveSigningKey().getOnlyIfAbsent());
            case DRAIN_NODE ->
                new DrainNode(
                        by,
                        entry.getDrainNode().getId(),
                        entry.getDrainNode().getDrained(),
                        entry.getDrainNode().getReason());
            case BEGIN_RESTORE, RESTORE_ROWS, END_RESTORE -> RestoreCodec.get(by, entry);
            case NOOP -> new Noop(by);
            case ACTION_NOT_SET -> throw new WireException("catalog entry of an unknown kind");
        };
    }

    static byte[] encodeResult(final CatalogResult result) {
        return toMessage(result).toByteArray();
    }

    static CatalogResult decodeResult(final byte[] bytes) {
        return fromMessage(parse(CatalogResultMsg.parser(), bytes));
    }

    /** The answer to a read; also for the first entry of all, whose index is 0, it is not empty. */
    static byte[] encodeIndex(final long index) {
        return ByteBuffer.allocate(Long.BYTES).putLong(index).array();
    }

    static byte[] encodeRequest(final AppliedRequest request) {
        return AppliedRequestMsg.newBuilder()
                .setRequestId(requestId(request.requestId()))
                .setResult(toMessage(request.result()))
                .setContentHash(request.contentHash())
                .build()
                .toByteArray();
    }

    static AppliedRequest decodeRequest(final byte[] bytes) {
        final AppliedRequestMsg message = parse(AppliedRequestMsg.parser(), bytes);
        return new AppliedRequest(
                requestId(message.getRequestId()), fromMessage(message.getResult()), message.getContentHash());
    }

    static byte[] encodeRemoved(final RemovedNode removed) {
        return RemovedNodeMsg.newBuilder()
                .setId(removed.nodeId())
                .setOrigin(removed.origin().value())
                .setGeneration(removed.generation().value())
                .setIndex(removed.index())
                .setMillis(removed.millis())
                .setWho(removed.by())
                .setUrl(removed.url())
                .build()
                .toByteArray();
    }

    static RemovedNode decodeRemoved(final byte[] bytes) {
        final RemovedNodeMsg message = parse(RemovedNodeMsg.parser(), bytes);
        return new RemovedNode(
                message.getId(),
                new Origin(message.getOrigin()),
                generation(message.getGeneration()),
                message.getIndex(),
                message.getMillis(),
                message.getWho(),
                message.getUrl());
    }

    static byte[] encodeDrained(final DrainedNode drained) {
        return DrainedNodeMsg.newBuilder()
                .setId(drained.nodeId())
                .setWho(drained.by())
                .setReason(drained.reason())
                .setMillis(drained.millis())
                .build()
                .toByteArray();
    }

    static DrainedNode decodeDrained(final byte[] bytes) {
        final DrainedNodeMsg message = parse(DrainedNodeMsg.parser(), bytes);
        return new DrainedNode(message.getId(), message.getWho(), message.getReason(), message.getMillis());
    }

    static byte[] encodeKeyRow(final KeyRow row) {
        return SigningKeyRowMsg.newBuilder()
                .setKey(bytes(RecordCodec.encodeSigningKey(row.key())))
                .setIndex(row.index())
                .build()
                .toByteArray();
    }

    static KeyRow decodeKeyRow(final byte[] bytes) {
        final SigningKeyRowMsg message = parse(SigningKeyRowMsg.parser(), bytes);
        return new KeyRow(RecordCodec.decodeSigningKey(message.getKey().toByteArray()), message.getIndex());
    }

    /** @param definition the revision's, encoded already; null for a deletion */
    static byte[] encodeRevision(final DefinitionRevision revision, final byte[] definition) {
        final DefinitionRevisionMsg.Builder message = DefinitionRevisionMsg.newBuilder()
                .setRevision(revision.revision())
                .setMillis(revision.millis())
                .setWho(revision.who())
                .setDeletion(revision.isDeletion());
        if (!revision.isDeletion()) {
            message.setDefinition(UnsafeByteOperations.unsafeWrap(definition));
        }
        return message.build().toByteArray();
    }

    static DefinitionRevision decodeRevision(final byte[] bytes) {
        final DefinitionRevisionMsg message = parse(DefinitionRevisionMsg.parser(), bytes);
        return new DefinitionRevision(
                message.getRevision(),
                message.getMillis(),
                message.getWho(),
                message.getDeletion()
                        ? null
                        : RecordCodec.decodeDefinition(message.getDefinition().toByteArray()));
    }

    static byte[] encodeTrail(final DefinitionTrails.Trail trail) {
        final DefinitionTrailMsg.Builder message = DefinitionTrailMsg.newBuilder()
                .setFirst(trail.first())
                .setLast(trail.last())
                .setDeletedAt(trail.deletedAt());
        Arrays.stream(trail.sizes()).forEach(message::addSizes);
        return message.build().toByteArray();
    }

    static DefinitionTrails.Trail decodeTrail(final byte[] bytes) {
        final DefinitionTrailMsg message = parse(DefinitionTrailMsg.parser(), bytes);
        final int[] sizes =
                message.getSizesList().stream().mapToInt(size -> size).toArray();
        if (sizes.length == 0) {
            throw new WireException("a definition without revisions");
        }
        return new DefinitionTrails.Trail(message.getFirst(), message.getLast(), message.getDeletedAt(), sizes);
    }

    private static CatalogResultMsg toMessage(final CatalogResult result) {
        return CatalogResultMsg.newBuilder()
                .setCode(result.code().number())
                .setMessage(result.message())
                .setIndex(result.index())
                .setRevision(result.revision())
                .build();
    }

    private static CatalogResult fromMessage(final CatalogResultMsg message) {
        for (final CatalogResult.Code code : CatalogResult.Code.values()) {
            if (code.number() == message.getCode()) {
                return new CatalogResult(code, message.getMessage(), message.getIndex(), message.getRevision());
            }
        }
        throw new WireException("unknown catalog result " + message.getCode());
    }

    private static OptionalLong expectedRevision(final SaveDefinitionMsg message) {
        return message.hasExpectedRevision() ? OptionalLong.of(message.getExpectedRevision()) : OptionalLong.empty();
    }

    private static OptionalLong expectedRevision(final DeleteDefinitionMsg message) {
        return message.hasExpectedRevision() ? OptionalLong.of(message.getExpectedRevision()) : OptionalLong.empty();
    }

    private static Generation generation(final long value) {
        if (value < 0) {
            throw new WireException("generation is negative");
        }
        return new Generation(value);
    }

    private static ByteString requestId(final UUID id) {
        return bytes(ByteBuffer.allocate(REQUEST_ID_BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array());
    }

    private static UUID requestId(final ByteString bytes) {
        if (bytes.size() != REQUEST_ID_BYTES) {
            throw new WireException("request id is not 16 bytes");
        }
        final ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    private static ByteString bytes(final byte[] bytes) {
        return ByteString.copyFrom(bytes);
    }

    static <M extends MessageLite> M parse(final Parser<M> parser, final byte[] bytes) {
        try {
            return parser.parseFrom(bytes);
        } catch (final InvalidProtocolBufferException e) {
            throw new WireException("catalog row does not parse", e);
        }
    }
}
