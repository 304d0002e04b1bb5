package com.onebackend.registry.wire;

import com.onebackend.registry.gossip.GossipMessage;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Valid messages and records of every kind as bytes, by a name for each: what fuzzing starts from. */
public final class SampleMessages {
    /** More than there are kinds: numbers beyond them come round again. */
    private static final int NUMBERS = 64;

    private SampleMessages() {}

    /** One message of every kind; the same at every call. */
    public static Map<String, byte[]> messages() {
        final Samples samples = new Samples(new SplittableRandom(5));
        final Map<String, byte[]> messages = new TreeMap<>();
        for (int number = 0; number < NUMBERS; number++) {
            final GossipMessage message = samples.message(number);
            messages.putIfAbsent(nameOf(message), WireCodec.encode(message));
        }
        return messages;
    }

    /** One record of every kind; the same at every call. */
    public static Map<String, byte[]> records() {
        final Samples samples = new Samples(new SplittableRandom(6));
        final Map<String, byte[]> records = new TreeMap<>();
        records.put("account", RecordCodec.encodeAccount(samples.account()));
        records.put("definition", RecordCodec.encodeDefinition(samples.definition()));
        records.put("entry", RecordCodec.encodeEntry(samples.entry()));
        records.put("head", RecordCodec.encodeHead(samples.head()));
        records.put("node", RecordCodec.encodeNode(samples.node()));
        records.put("signing-key", RecordCodec.encodeSigningKey(samples.signingKey()));
        return records;
    }

    private static String nameOf(final GossipMessage message) {
        return switch (message.type()) {
            case SWIM -> ((GossipMessage.Swim) message).message().getClass().getSimpleName();
            case LOG -> ((GossipMessage.Log) message).message().getClass().getSimpleName();
            default -> message.getClass().getSimpleName();
        };
    }
}
