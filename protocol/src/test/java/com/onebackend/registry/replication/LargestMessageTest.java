package com.onebackend.registry.replication;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A frame over the limit is dropped, every time it is sent again: the largest message must fit. */
class LargestMessageTest {
    private static final ReplicaConfig CONFIG = ReplicaConfig.DEFAULT;
    private static final MemberId FROM = new MemberId("n".repeat(128), new Origin(-1), new Generation(Long.MAX_VALUE));

    @Test
    void fullChunkWithTheHeadsOfEveryPossibleOriginFitsAFrame() {
        final LogMessage chunk =
                new LogMessage.SyncChunk(Long.MIN_VALUE, Integer.MAX_VALUE, true, fullOf("漢".repeat(1_000)), heads());
        assertThat(bytes(chunk)).isBetween(WireLimits.FRAME_BYTES_MAX / 2, WireLimits.FRAME_BYTES_MAX);
    }

    @Test
    void requestThatNamesEveryPossibleOriginFitsAFrame() {
        final LogMessage request = new LogMessage.SyncRequest(
                Long.MIN_VALUE,
                new Digest(heads()),
                true,
                points(),
                Collections.nCopies(
                        CONFIG.sessions().auditOriginsMax(),
                        new LogAudit(new Origin(-1), Collections.nCopies(LogAudit.BUCKETS, -1L))));
        assertThat(bytes(request)).isBetween(WireLimits.FRAME_BYTES_MAX * 3 / 4, WireLimits.FRAME_BYTES_MAX);
    }

    @Test
    void fullChunkWithResumePointsFitsAFrame() {
        final LogMessage chunk = new LogMessage.SyncChunk(
                Long.MIN_VALUE, Integer.MAX_VALUE, false, fullOf("漢".repeat(1_000)), List.of(), false, true, points());
        assertThat(bytes(chunk)).isLessThan(WireLimits.FRAME_BYTES_MAX);
    }

    @Test
    void estimateOfAnEntryIsNeverTooSmall() {
        for (final String details : List.of("", "a", "ä".repeat(300), "漢".repeat(300), "😀".repeat(300))) {
            final LogEntry entry = entry(Long.MAX_VALUE, details);
            assertThat(EntrySize.of(entry)).isGreaterThanOrEqualTo(WireCodec.sizeOf(entry));
        }
    }

    private static int bytes(final LogMessage message) {
        return WireCodec.encode(new GossipMessage.Log(FROM, message)).length;
    }

    private static List<LogEntry> fullOf(final String details) {
        final EntryBudget budget = new EntryBudget(CONFIG.chunkEntriesMax(), CONFIG.chunkBytesMax());
        final List<LogEntry> entries = new ArrayList<>();
        for (long version = Long.MAX_VALUE; ; version--) {
            final LogEntry entry = entry(version, details);
            if (!budget.take(entry)) {
                return entries;
            }
            entries.add(entry);
        }
    }

    private static LogEntry entry(final long version, final String details) {
        final Part health = new Part.Health(InstanceStatus.STOPPING, details, Long.MAX_VALUE);
        return new LogEntry(new Origin(-1), version, new Stamp(Long.MAX_VALUE), "i".repeat(128), health);
    }

    private static List<ResumePoint> points() {
        return Collections.nCopies(ResumePoint.POINTS_MAX, new ResumePoint(new Origin(-1), 1L << 62, 1L << 62));
    }

    private static List<Digest.Head> heads() {
        final List<Digest.Head> heads = new ArrayList<>();
        for (int i = 0; i < CONFIG.originsMax(); i++) {
            heads.add(new Digest.Head(new Origin(-1 - i), 1L << 62, 1L << 62, -1));
        }
        return heads;
    }
}
