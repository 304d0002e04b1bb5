package com.onebackend.registry.wire;

import com.onebackend.registry.model.Origin;
import com.onebackend.registry.replication.Digest;
import com.onebackend.registry.replication.LogAudit;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.replication.ResumePoint;
import com.onebackend.registry.wire.v1.LogAuditMsg;
import com.onebackend.registry.wire.v1.ResumePointMsg;
import com.onebackend.registry.wire.v1.SyncChunkMsg;
import com.onebackend.registry.wire.v1.SyncRequestMsg;
import java.util.ArrayList;
import java.util.List;

/** Requests and chunks of sync sessions between records and protobuf messages. */
final class SyncCodec {
    private SyncCodec() {}

    static SyncRequestMsg toMessage(final LogMessage.SyncRequest request) {
        final SyncRequestMsg.Builder message =
                SyncRequestMsg.newBuilder().setSession(request.session()).setHolds(request.holds());
        request.have().heads().forEach(head -> message.addHeads(EntryCodec.toMessage(head)));
        request.resume().forEach(point -> message.addResume(toMessage(point)));
        request.audits()
                .forEach(audit -> message.addAudits(LogAuditMsg.newBuilder()
                        .setOrigin(audit.origin().value())
                        .addAllBuckets(audit.buckets())));
        return message.build();
    }

    static LogMessage.SyncRequest request(final SyncRequestMsg message) {
        return new LogMessage.SyncRequest(
                message.getSession(),
                new Digest(EntryCodec.heads(message.getHeadsList())),
                message.getHolds(),
                points(message.getResumeList()),
                audits(message.getAuditsList()));
    }

    static SyncChunkMsg toMessage(final LogMessage.SyncChunk chunk) {
        final SyncChunkMsg.Builder message = SyncChunkMsg.newBuilder()
                .setSession(chunk.session())
                .setIndex(chunk.index())
                .setLast(chunk.last())
                .setReset(chunk.reset())
                .setResumed(chunk.isResumed());
        chunk.entries().forEach(entry -> message.addEntries(EntryCodec.toMessage(entry)));
        chunk.heads().forEach(head -> message.addHeads(EntryCodec.toMessage(head)));
        chunk.resume().forEach(point -> message.addResume(toMessage(point)));
        return message.build();
    }

    static LogMessage.SyncChunk chunk(final SyncChunkMsg message) {
        return new LogMessage.SyncChunk(
                message.getSession(),
                index(message.getIndex()),
                message.getLast(),
                EntryCodec.entries(message.getEntriesList()),
                EntryCodec.heads(message.getHeadsList()),
                message.getReset(),
                message.getResumed(),
                points(message.getResumeList()));
    }

    static int index(final int index) {
        WireChecks.require(index >= 0, "chunk index is negative");
        return index;
    }

    private static ResumePointMsg toMessage(final ResumePoint point) {
        return ResumePointMsg.newBuilder()
                .setOrigin(point.origin().value())
                .setFrom(point.from())
                .setSeen(point.seen())
                .build();
    }

    private static List<ResumePoint> points(final List<ResumePointMsg> messages) {
        final List<ResumePoint> points = new ArrayList<>(messages.size());
        for (final ResumePointMsg message : messages) {
            WireChecks.require(message.getFrom() >= 0 && message.getSeen() >= 0, "resume point is negative");
            points.add(new ResumePoint(new Origin(message.getOrigin()), message.getFrom(), message.getSeen()));
        }
        return points;
    }

    private static List<LogAudit> audits(final List<LogAuditMsg> messages) {
        WireChecks.require(messages.size() <= WireLimits.AUDITS_MAX, "too many audits");
        final List<LogAudit> audits = new ArrayList<>(messages.size());
        for (final LogAuditMsg message : messages) {
            WireChecks.require(
                    message.getBucketsCount() == 0 || message.getBucketsCount() == LogAudit.BUCKETS,
                    "audit has a wrong number of buckets");
            audits.add(new LogAudit(new Origin(message.getOrigin()), message.getBucketsList()));
        }
        return audits;
    }
}
