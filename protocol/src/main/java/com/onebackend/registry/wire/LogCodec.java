package com.onebackend.registry.wire;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.wire.v1.GraftMsg;
import com.onebackend.registry.wire.v1.HaveMsg;
import com.onebackend.registry.wire.v1.SyncProbeMsg;
import com.onebackend.registry.wire.v1.SyncStatusMsg;
import java.util.ArrayList;
import java.util.List;

/** The small messages about logs, those without entries, between records and protobuf messages. */
final class LogCodec {
    private LogCodec() {}

    static HaveMsg toMessage(final LogMessage.Have have) {
        final HaveMsg.Builder message = HaveMsg.newBuilder();
        have.marks().forEach(mark -> message.addOrigins(mark.origin().value()).addVersions(mark.version()));
        return message.build();
    }

    static LogMessage.Have have(final HaveMsg message) {
        final int count = message.getOriginsCount();
        WireChecks.require(count == message.getVersionsCount(), "an origin without a version");
        WireChecks.require(count <= WireLimits.MARKS_MAX, "too many marks");
        final List<LogMessage.Have.Mark> marks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            marks.add(new LogMessage.Have.Mark(new Origin(message.getOrigins(i)), version(message.getVersions(i))));
        }
        return new LogMessage.Have(marks);
    }

    static GraftMsg toMessage(final LogMessage.Graft graft) {
        return GraftMsg.newBuilder()
                .setOrigin(graft.origin().value())
                .setBase(graft.base())
                .build();
    }

    static LogMessage.Graft graft(final GraftMsg message) {
        return new LogMessage.Graft(new Origin(message.getOrigin()), version(message.getBase()));
    }

    static SyncProbeMsg toMessage(final LogMessage.SyncProbe probe) {
        return SyncProbeMsg.newBuilder()
                .setSession(probe.session())
                .setHash(probe.hash())
                .setDeep(probe.isDeep())
                .build();
    }

    static LogMessage.SyncProbe probe(final SyncProbeMsg message) {
        return new LogMessage.SyncProbe(message.getSession(), message.getHash(), message.getDeep());
    }

    static SyncStatusMsg toMessage(final LogMessage.SyncStatus status) {
        return SyncStatusMsg.newBuilder()
                .setSession(status.session())
                .setKind(
                        switch (status.kind()) {
                            case SAME -> SyncStatusMsg.Kind.SAME;
                            case DIFFERS -> SyncStatusMsg.Kind.DIFFERS;
                        })
                .setLoading(status.isLoading())
                .build();
    }

    static LogMessage.SyncStatus status(final SyncStatusMsg message) {
        final LogMessage.SyncStatus.Kind kind = switch (message.getKind()) {
            case SAME -> LogMessage.SyncStatus.Kind.SAME;
            // Whatever a later version has to say: asking is never wrong.
            case DIFFERS, UNRECOGNIZED -> LogMessage.SyncStatus.Kind.DIFFERS;
        };
        return new LogMessage.SyncStatus(message.getSession(), kind, message.getLoading());
    }

    private static long version(final long version) {
        WireChecks.require(version >= 0, "version is negative");
        return version;
    }
}
