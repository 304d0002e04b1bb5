package com.onebackend.registry.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.onebackend.registry.model.Account;
import com.onebackend.registry.model.Definition;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.NodeRecord;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.SigningKey;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.wire.v1.AccountMsg;
import com.onebackend.registry.wire.v1.DefinitionMsg;
import com.onebackend.registry.wire.v1.HeadMsg;
import com.onebackend.registry.wire.v1.LogEntryMsg;
import com.onebackend.registry.wire.v1.NodeRecordMsg;
import com.onebackend.registry.wire.v1.SigningKeyMsg;

/**
 * Single records between model and bytes, for storage and for the catalog's log.
 *
 * <p>Every {@code decode} throws {@link WireException} on bytes it does not know; none returns a half-read record.
 */
public final class RecordCodec {
    private RecordCodec() {}

    public static byte[] encodeEntry(final LogEntry entry) {
        return EntryCodec.toMessage(entry).toByteArray();
    }

    public static LogEntry decodeEntry(final byte[] bytes) {
        return EntryCodec.fromMessage(parse(LogEntryMsg.parser(), bytes));
    }

    public static byte[] encodeHead(final Digest.Head head) {
        return EntryCodec.toMessage(head).toByteArray();
    }

    public static Digest.Head decodeHead(final byte[] bytes) {
        return EntryCodec.fromMessage(parse(HeadMsg.parser(), bytes));
    }

    public static byte[] encodeDefinition(final Definition definition) {
        return DefinitionCodec.toMessage(definition).toByteArray();
    }

    public static Definition decodeDefinition(final byte[] bytes) {
        return DefinitionCodec.fromMessage(parse(DefinitionMsg.parser(), bytes));
    }

    public static byte[] encodeNode(final NodeRecord node) {
        return NodeRecordMsg.newBuilder()
                .setId(node.id())
                .setOrigin(node.origin().value())
                .setGeneration(node.generation().value())
                .setUrl(node.url())
                .setRegion(node.region())
                .setAvailabilityZone(node.availabilityZone())
                .setGossipPort(node.gossipPort())
                .setRaftPort(node.raftPort())
                .setHostname(node.host().hostname())
                .setOs(node.host().os())
                .setArch(node.host().arch())
                .setCores(node.host().cores())
                .build()
                .toByteArray();
    }

    public static NodeRecord decodeNode(final byte[] bytes) {
        final NodeRecordMsg message = parse(NodeRecordMsg.parser(), bytes);
        WireChecks.id(message.getId(), "node id");
        WireChecks.texts(message.getUrl(), message.getRegion(), message.getAvailabilityZone());
        return new NodeRecord(
                message.getId(),
                new Origin(message.getOrigin()),
                generation(message.getGeneration()),
                message.getUrl(),
                message.getRegion(),
                message.getAvailabilityZone(),
                message.getGossipPort(),
                message.getRaftPort(),
                new NodeRecord.HostFacts(
                        message.getHostname(), message.getOs(), message.getArch(), message.getCores()));
    }

    public static byte[] encodeAccount(final Account account) {
        return AccountMsg.newBuilder()
                .setId(account.id())
                .setSlug(account.slug())
                .setName(account.name())
                .setPasswordHash(account.passwordHash())
                .addAllRoles(account.roles())
                .build()
                .toByteArray();
    }

    public static Account decodeAccount(final byte[] bytes) {
        final AccountMsg message = parse(AccountMsg.parser(), bytes);
        WireChecks.id(message.getSlug(), "slug");
        return new Account(
                message.getId(),
                message.getSlug(),
                message.getName(),
                message.getPasswordHash(),
                message.getRolesList());
    }

    public static byte[] encodeSigningKey(final SigningKey key) {
        return SigningKeyMsg.newBuilder()
                .setId(key.id())
                .setPublicKey(ByteString.copyFrom(key.publicKey()))
                .setSealedPrivateKey(ByteString.copyFrom(key.sealedPrivateKey()))
                .build()
                .toByteArray();
    }

    public static SigningKey decodeSigningKey(final byte[] bytes) {
        final SigningKeyMsg message = parse(SigningKeyMsg.parser(), bytes);
        WireChecks.id(message.getId(), "key id");
        return new SigningKey(
                message.getId(),
                message.getPublicKey().toByteArray(),
                message.getSealedPrivateKey().toByteArray());
    }

    static Generation generation(final long value) {
        WireChecks.require(value >= 0, "generation is negative");
        return new Generation(value);
    }

    private static <M extends MessageLite> M parse(final Parser<M> parser, final byte[] bytes) {
        WireChecks.require(
                bytes.length <= WireLimits.RECORD_BYTES_MAX,
                "the record is larger than " + WireLimits.RECORD_BYTES_MAX + " bytes");
        try {
            return parser.parseFrom(bytes);
        } catch (final InvalidProtocolBufferException e) {
            throw new WireException("record does not parse", e);
        }
    }
}
