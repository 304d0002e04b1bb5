package com.onebackend.registry.gateway.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Strict percent-decoding, once. */
final class Percent {
    private Percent() {}

    /**
     * The text behind its percent-encoding. Refuses with 400 what is cut short, not hexadecimal, not UTF-8 or a
     * control character.
     */
    static String decode(final String text, final boolean plusIsBlank) {
        if (text.indexOf('%') < 0 && (!plusIsBlank || text.indexOf('+') < 0)) {
            return text;
        }
        final byte[] bytes = new byte[text.length()];
        int length = 0;
        for (int at = 0; at < text.length(); at++) {
            final char c = text.charAt(at);
            if (c == '%') {
                bytes[length++] = (byte) octet(text, at + 1);
                at += 2;
            } else {
                bytes[length++] = (byte) (plusIsBlank && c == '+' ? ' ' : c);
            }
        }
        final String decoded;
        try {
            decoded = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Refusal.of(400, "The address holds an escape that is not UTF-8.");
        }
        if (decoded.chars().anyMatch(Character::isISOControl)) {
            throw Refusal.of(400, "The address holds an escaped control character.");
        }
        return decoded;
    }

    private static int octet(final String text, final int at) {
        final int high = at + 1 < text.length() ? Character.digit(text.charAt(at), 16) : -1;
        final int low = high >= 0 ? Character.digit(text.charAt(at + 1), 16) : -1;
        if (low < 0) {
            throw Refusal.of(400, "The address holds a broken percent escape.");
        }
        return (high << 4) | low;
    }
}
