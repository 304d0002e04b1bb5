package com.onebackend.registry.gossip;

import com.onebackend.registry.model.Invariants;
import java.util.Arrays;

/** A fixed number of bits, immutable. */
public final class Bits {
    private final byte[] bytes;
    private final int size;

    private Bits(final byte[] bytes, final int size) {
        this.bytes = bytes;
        this.size = size;
    }

    /** Bits as bytes, the first bit lowest in the first byte; bits beyond {@code size} must be 0. */
    public static Bits of(final byte[] bytes, final int size) {
        Invariants.check(size >= 0 && bytes.length == bytesFor(size), "bits and bytes do not match");
        return new Bits(bytes.clone(), size);
    }

    /** How many bytes so many bits take. */
    public static int bytesFor(final int size) {
        return (size + 7) / 8;
    }

    /** How many there are. */
    public int size() {
        return size;
    }

    /** One of them. */
    public boolean at(final int index) {
        return (bytes[index >> 3] >> (index & 7) & 1) != 0;
    }

    /** The first index from {@code index} on whose bit is not {@code value}; {@link #size} when there is none. */
    public int runEnd(final int index, final boolean value) {
        int end = index;
        while (end < size && at(end) == value) {
            end++;
        }
        return end;
    }

    /** All of them, the first bit lowest in the first byte. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof Bits that && size == that.size && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(bytes) + size;
    }

    @Override
    public String toString() {
        return size + " bits";
    }

    /** Collects bits one after the other. */
    static final class Builder {
        private byte[] bytes = new byte[16];
        private int size;
        private int set;

        void add(final boolean bit) {
            if (size >> 3 == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * bytes.length);
            }
            if (bit) {
                bytes[size >> 3] |= (byte) (1 << (size & 7));
                set++;
            }
            size++;
        }

        int size() {
            return size;
        }

        boolean hasSet() {
            return set > 0;
        }

        Bits build() {
            return new Bits(Arrays.copyOf(bytes, bytesFor(size)), size);
        }
    }
}
