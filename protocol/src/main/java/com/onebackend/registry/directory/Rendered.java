package com.onebackend.registry.directory;

import java.util.function.Supplier;

/**
 * A slot for what somebody rendered from an immutable view: computed at the first read after a change, then kept.
 *
 * <p><i>Thread:</i> any; two first readers may both compute, which is harmless as both compute the same.
 */
public final class Rendered {
    private volatile byte[] bytes;

    /** What was rendered before, else what {@code renderer} makes now. The array must not be changed. */
    public byte[] get(final Supplier<byte[]> renderer) {
        byte[] known = bytes;
        if (known == null) {
            known = renderer.get();
            bytes = known;
        }
        return known;
    }
}
