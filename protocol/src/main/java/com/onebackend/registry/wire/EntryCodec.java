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
import com.onebackend.registry.wire.v1.LeaseMsg;
import com.onebackend.registry.wire.v1.LogEntryMsg;
import com.onebackend.registry.wire.v1.ModeMsg;
import com.onebackend.registry.wire.v1.RegistrationMsg;
import com.onebackend.registry.wire.v1.StatusMsg;
import com.onebackend.registry.wire.v1.TombstoneMsg;
import java.util.ArrayList;
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
        } else if (part instanceof Part.Lease) {
            message.setLease(LeaseMsg.getDefaultInstance());
        } else if (part instanceof Part.Health health) {
            message.setHealth(HealthMsg.newBuilder()
                    .setStatus(toMessage(health.status()))
                    .setDetails(health.details())
                    .setSeenMillis(health.seenMillis()));
        } else if (part instanceof Part.Intent intent) {
            message.setIntent(
                    IntentMsg.newBuilder().setMode(toMessage(intent.mode())).setReason(intent.reason()));
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
                new Origin(message.getOrigin()), message.getMaxVersion(), message.getGcVersion(), message.getSetHash());
    }

    static List<LogEntry> entries(final List<LogEntryMsg> messages) {
        final List<LogEntry> entries = new ArrayList<>(messages.size());
        for (final LogEntryMsg message : messages) {
            entries.add(fromMessage(message));
        }
        return entries;
    }

    static List<Digest.Head> heads(final List<HeadMsg> messages) {
        final List<Digest.Head> heads = new ArrayList<>(messages.size());
        for (final HeadMsg message : messages) {
            heads.add(fromMessage(message));
        }
        return heads;
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
            case LEASE -> new Part.Lease();
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
        return new Part.Health(fromMessage(message.getStatus()), message.getDetails(), message.getSeenMillis());
    }

    private static Part intent(final IntentMsg message) {
        WireChecks.texts(message.getReason());
        return new Part.Intent(fromMessage(message.getMode()), message.getReason());
    }

    private static StatusMsg toMessage(final InstanceStatus status) {
        return switch (status) {
            case UNKNOWN -> StatusMsg.STATUS_UNKNOWN;
            case HEALTHY -> StatusMsg.STATUS_HEALTHY;
            case UNHEALTHY -> StatusMsg.STATUS_UNHEALTHY;
            case STARTING -> StatusMsg.STATUS_STARTING;
            case STOPPING -> StatusMsg.STATUS_STOPPING;
        };
    }

    private static InstanceStatus fromMessage(final StatusMsg message) {
        return switch (message) {
            case STATUS_UNKNOWN -> InstanceStatus.UNKNOWN;
            case STATUS_HEALTHY -> InstanceStatus.HEALTHY;
            case STATUS_UNHEALTHY -> InstanceStatus.UNHEALTHY;
            case STATUS_STARTING -> InstanceStatus.STARTING;
            case STATUS_STOPPING -> InstanceStatus.STOPPING;
            case UNRECOGNIZED -> throw new WireException("unknown status");
        };
    }

    private static ModeMsg toMessage(final Part.Intent.Mode mode) {
        return switch (mode) {
            case SERVE -> ModeMsg.MODE_SERVE;
            case DRAIN -> ModeMsg.MODE_DRAIN;
            case MAINTENANCE -> ModeMsg.MODE_MAINTENANCE;
        };
    }

    private static Part.Intent.Mode fromMessage(final ModeMsg message) {
        return switch (message) {
            case MODE_SERVE -> Part.Intent.Mode.SERVE;
            case MODE_DRAIN -> Part.Intent.Mode.DRAIN;
            case MODE_MAINTENANCE -> Part.Intent.Mode.MAINTENANCE;
            case UNRECOGNIZED -> throw new WireException("unknown mode");
        };
    }

    private static Stamp stamp(final long packed) {
        WireChecks.require(packed >= 0, "stamp is negative");
        return new Stamp(packed);
    }
}
