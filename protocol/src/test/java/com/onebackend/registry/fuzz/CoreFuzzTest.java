package com.onebackend.registry.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.onebackend.registry.wire.WireCodec;
import com.onebackend.registry.wire.WireException;
import java.nio.ByteBuffer;

/**
 * No message that decodes makes a node throw, know more members than its limit or send what cannot be sent, whoever it
 * says it is from and whatever it says; it goes on working as a member. One input is several messages, each after its
 * length in two bytes.
 */
class CoreFuzzTest {
    private static final int MESSAGES_MAX = 64;

    @FuzzTest
    void memberSurvivesWhateverItIsSent(final byte[] bytes) {
        final FuzzedMember member = new FuzzedMember();
        final ByteBuffer in = ByteBuffer.wrap(bytes);
        for (int i = 0; i < MESSAGES_MAX && in.remaining() >= Short.BYTES; i++) {
            final int length = Short.toUnsignedInt(in.getShort());
            final byte[] message = new byte[Math.min(length, in.remaining())];
            in.get(message);
            try {
                member.receive(WireCodec.decode(message));
            } catch (final WireException e) {
                // Refused before the core sees it.
            }
        }
        member.check();
    }
}
