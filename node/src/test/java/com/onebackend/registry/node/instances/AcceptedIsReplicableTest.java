package com.onebackend.registry.node.instances;

import static org.assertj.core.api.Assertions.assertThat;

import com.onebackend.registry.api.RegisterInstance;
import com.onebackend.registry.api.RegistryException;
import com.onebackend.registry.gossip.GossipMessage;
import com.onebackend.registry.model.Generation;
import com.onebackend.registry.model.InstanceStatus;
import com.onebackend.registry.model.MemberId;
import com.onebackend.registry.model.Origin;
import com.onebackend.registry.model.Part;
import com.onebackend.registry.model.Stamp;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.replication.LogMessage;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Whatever the door accepts, disk and peers read as it was written; one record that they refuse would end replication.
 */
class AcceptedIsReplicableTest {
    private static final int REQUESTS = 20_000;
    private static final String[] CHARS = {
        "a", "Z", "0", "/", ".", ":", "-", "ä", "漢", "😀", "\ud800", "\udc00", "\u0000", " "
    };

    private final SplittableRandom random = new SplittableRandom(11);

    @Test
    void whateverTheDoorAcceptsIsReadAsItWasWritten() {
        int accepted = 0;
        for (int i = 0; i < REQUESTS; i++) {
            final List<Part> parts = accepted(request());
            accepted += parts.isEmpty() ? 0 : 1;
            parts.forEach(AcceptedIsReplicableTest::assertReplicable);
        }
        assertThat(accepted).isGreaterThan(REQUESTS / 50);
    }

    @Test
    void theLargestRegistrationIsReadAsItWasWritten() {
        final List<String> tags = new ArrayList<>();
        for (int i = 0; i < RegistrationRules.TAGS_MAX; i++) {
            tags.add("漢".repeat(RegistrationRules.TEXT_CHARS_MAX));
        }
        final String url = "http://h:1/" + "漢".repeat(2_037);
        final RegisterInstance largest = new RegisterInstance(
                "i".repeat(128),
                "s".repeat(128),
                url,
                "h".repeat(32),
                "h".repeat(253),
                "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
                65_535,
                "漢".repeat(RegistrationRules.URL_CHARS_MAX),
                "漢".repeat(RegistrationRules.TEXT_CHARS_MAX),
                "漢".repeat(RegistrationRules.URL_CHARS_MAX),
                tags,
                InstanceStatus.HEALTHY,
                "漢".repeat(RegistrationRules.DETAILS_CHARS_MAX));
        final List<Part> parts = accepted(largest);
        assertThat(parts).hasSize(2);
        parts.forEach(AcceptedIsReplicableTest::assertReplicable);
    }

    private static List<Part> accepted(final RegisterInstance request) {
        try {
            RegistrationRules.check(request);
            return List.of(
                    RegistrationRules.merge(request, request.slug(), null, "http://self:1", new Stamp(5)),
                    new Part.Health(InstanceStatus.HEALTHY, request.details(), 1));
        } catch (final RegistryException refused) {
            return List.of();
        }
    }

    private static void assertReplicable(final Part part) {
        final LogEntry entry = new LogEntry(new Origin(1), 1, new Stamp(7), "inst_1", part);
        final byte[] stored = RecordCodec.encodeEntry(entry);
        assertThat(stored.length).isLessThan(WireLimits.RECORD_BYTES_MAX / 4);
        assertThat(RecordCodec.decodeEntry(stored)).isEqualTo(entry);
        final GossipMessage push = new GossipMessage.Log(
                new MemberId("n", new Origin(1), new Generation(1)),
                new LogMessage.Push(new Origin(1), 0, 1, 0, List.of(entry)));
        assertThat(WireCodec.decode(WireCodec.encode(push))).isEqualTo(push);
    }

    private RegisterInstance request() {
        final boolean hasUrl = random.nextBoolean();
        return new RegisterInstance(
                random.nextInt(3) == 0 ? text(3) : "inst_1",
                random.nextInt(3) == 0 ? text(3) : "svc",
                hasUrl ? "http://host:80/" + text(4) : "",
                random.nextInt(4) == 0 ? text(2) : "",
                hasUrl ? "" : "host",
                "",
                random.nextInt(70_000),
                random.nextInt(2) == 0 ? text(3) : "",
                random.nextInt(2) == 0 ? text(3) : "",
                random.nextInt(2) == 0 ? text(3) : "",
                random.nextInt(2) == 0 ? List.of(text(2), text(2)) : null,
                null,
                text(3));
    }

    private String text(final int charsMax) {
        final StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(charsMax + 1); left > 0; left--) {
            text.append(CHARS[random.nextInt(CHARS.length)]);
        }
        return text.toString();
    }
}
