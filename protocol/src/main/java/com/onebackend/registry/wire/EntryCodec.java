package com.onebackend.registry.wire;

import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.wire.v1.HeadMsg;
import com.onebackend.registry.wire.v1.HealthMsg;
import com.onebackend.registry.wire.v1.IntentMsg;
import com.onebackend.registry.wire.v1.LogEntryMsg;
import com.onebackend.registry.wire.v1.ModeMsg;
import com.onebackend.registry.wire.v1.RegistrationMsg;
import com.onebackend.registry.wire.v1.StatusMsg;
import com.onebackend.registry.wire.v1.TombstoneMsg;
import java.util.List;

/** Log entries and heads between records and protobuf messages. */
final class EntryCodec {
    private EntryCodec() {}

    static LogEntryMsg toMessage(final LogEntry entry) {
        final LogEntryMsg.Builder message = LogEntryMsg.newBuilder()
                .setOrigin(entry.origin().value())
                .setVersion(entry.version())
                .setStamp(entry.stamp().packed())
                .setInstanceId(entry.instanceId());
        final Part part = entry.part();
        if (part instanceof Part.Registration registration) {
            message.setRegistration(toMessage(registration));
        } else if (part instanceof Part.Tombstone) {
            message.setTombstone(TombstoneMsg.getDefaultInstance());
        } else if (part instanceof Part.Health health) {
            message.setHealth(HealthMsg.newBuilder()
                    .setStatus(StatusMsg.forNumber(health.status().ordinal()))
                    .setDetails(health.details())
                    .setSeenMillis(health.seenMillis()));
        } else if (part instanceof Part.Intent intent) {
            message.setIntent(IntentMsg.newBuilder()
                    .setMode(ModeMsg.forNumber(intent.mode().ordinal()))
                    .setReason(intent.reason()));
        }
        return message.build();
    }

    static LogEntry fromMessage(final LogEntryMsg message) {
        WireChecks.id(message.getInstanceId(), "instance id");
        WireChecks.require(message.getVersion() > 0, "version is not positive");
        return new LogEntry(
                new Origin(message.getOrigin()),
                message.getVersion(),
                stamp(message.getStamp()),
                message.getInstanceId(),
                part(message));
    }

    static HeadMsg toMessage(final Digest.Head head) {
        return HeadMsg.newBuilder()
                .setOrigin(head.origin().value())
                .setMaxVersion(head.maxVersion())
                .setGcVersion(head.gcVersion())
                .setSetHash(head.setHash())
                .build();
    }

    static Digest.Head fromMessage(final HeadMsg message) {
        WireChecks.require(message.getMaxVersion() >= 0 && message.getGcVersion() >= 0, "head version is negative");
        return new Digest.Head(
                new Origin(message.getOrigin()),
                message.getMaxVersion(),
                message.getGcVersion(),
                message.getSetHash());
    }

    private static RegistrationMsg toMessage(final Part.Registration part) {
        return RegistrationMsg.newBuilder()
                .setSlug(part.slug())
                .setUrl(part.url())
                .setScheme(part.scheme())
                .setHost(part.host())
                .setIp(part.ip())
                .setPort(part.port())
                .setPath(part.path())
                .setDeploymentId(part.deploymentId())
                .setNodeUrl(part.nodeUrl())
                .addAllTags(part.tags())
                .setBorn(part.born().packed())
                .build();
    }

    private static Part part(final LogEntryMsg message) {
        return switch (message.getPartCase()) {
            case REGISTRATION -> registration(message.getRegistration());
            case TOMBSTONE -> new Part.Tombstone();
            case HEALTH -> health(message.getHealth());
            case INTENT -> intent(message.getIntent());
            case PART_NOT_SET -> throw new WireException("log entry without a known part");
        };
    }

    private static Part registration(final RegistrationMsg message) {
        WireChecks.require(message.getTagsCount() <= WireLimits.TAGS_MAX, "too many tags");
        WireChecks.require(message.getPort() >= 0 && message.getPort() <= 65_535, "port out of range");
        WireChecks.texts(
                message.getSlug(),
                message.getUrl(),
                message.getScheme(),
                message.getHost(),
                message.getIp(),
                message.getPath(),
                message.getDeploymentId(),
                message.getNodeUrl());
        return new Part.Registration(
                message.getSlug(),
                message.getUrl(),
                message.getScheme(),
                message.getHost(),
                message.getIp(),
                message.getPort(),
                message.getPath(),
                message.getDeploymentId(),
                message.getNodeUrl(),
                List.copyOf(message.getTagsList()),
                stamp(message.getBorn()));
    }

    private static Part health(final HealthMsg message) {
        WireChecks.texts(message.getDetails());
        WireChecks.require(message.getSeenMillis() >= 0, "time is negative");
        return new Part.Health(
                WireChecks.constant(InstanceStatus.values(), message.getStatusValue(), "status"),
                message.getDetails(),
                message.getSeenMillis());
    }

    private static Part intent(final IntentMsg message) {
        WireChecks.texts(message.getReason());
        return new Part.Intent(
                WireChecks.constant(Part.Intent.Mode.values(), message.getModeValue(), "mode"), message.getReason());
    }

    private static Stamp stamp(final long packed) {
        WireChecks.require(packed >= 0, "stamp is negative");
        return new Stamp(packed);
    }
}
