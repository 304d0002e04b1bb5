package com.onebackend.registry.node.backup;

import com.onebackend.registry.model.Part;
import com.onebackend.registry.replication.LogEntry;
import com.onebackend.registry.wire.RecordCodec;
import com.onebackend.registry.wire.WireException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A registered instance with all that was known of it.
 *
 * @param health null = nothing was known
 * @param intent null = no operator wanted anything of it
 */
public record BackedUpInstance(LogEntry registration, LogEntry health, LogEntry intent) {
    /** The instance's id. */
    public String id() {
        return registration.instanceId();
    }

    /** What the client had declared. */
    public Part.Registration declared() {
        return (Part.Registration) registration.part();
    }

    /** What an operator wanted of it. */
    public Part.Intent.Mode mode() {
        return intent == null ? Part.Intent.Mode.SERVE : ((Part.Intent) intent.part()).mode();
    }

    byte[] encode() {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            for (final LogEntry part : parts()) {
                final byte[] encoded = RecordCodec.encodeEntry(part);
                bytes.write(ByteBuffer.allocate(Integer.BYTES)
                        .putInt(encoded.length)
                        .array());
                bytes.write(encoded);
            }
        } catch (final IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    private List<LogEntry> parts() {
        final List<LogEntry> parts = new ArrayList<>(List.of(registration));
        if (health != null) {
            parts.add(health);
        }
        if (intent != null) {
            parts.add(intent);
        }
        return parts;
    }

    /**
     * Reads a record.
     *
     * @throws WireException it is none
     */
    public static BackedUpInstance decode(final byte[] record) {
        final ByteBuffer in = ByteBuffer.wrap(record);
        LogEntry registration = null;
        LogEntry health = null;
        LogEntry intent = null;
        while (in.hasRemaining()) {
            final LogEntry entry = entry(in);
            switch (entry.part().kind()) {
                case REGISTRATION -> registration = entry;
                case HEALTH -> health = entry;
                case INTENT -> intent = entry;
                case TOMBSTONE, LEASE -> throw new WireException("a part that no backup has");
            }
        }
        if (registration == null
                || !isOf(registration.instanceId(), health)
                || !isOf(registration.instanceId(), intent)) {
            throw new WireException("an instance's parts do not belong together");
        }
        return new BackedUpInstance(registration, health, intent);
    }

    private static LogEntry entry(final ByteBuffer in) {
        final int length = in.remaining() < Integer.BYTES ? -1 : in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new WireException("an instance's part is cut off");
        }
        final byte[] bytes = new byte[length];
        in.get(bytes);
        return RecordCodec.decodeEntry(bytes);
    }

    private static boolean isOf(final String id, final LogEntry entry) {
        return entry == null || entry.instanceId().equals(id);
    }
}
