package com.onebackend.registry.node.backup;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes to a disk as long as that leaves some of it free for whoever else writes there.
 *
 * <p><i>Thread:</i> one.
 */
final class SparingStream extends FilterOutputStream {
    /** Written between two looks at the disk. */
    static final int LOOK_BYTES = 1 << 20;

    private final FreeBytes free;
    private final long spareBytesMin;
    private long untilLook;

    /** How much the disk can take. */
    interface FreeBytes {
        long count() throws IOException;
    }

    SparingStream(final OutputStream out, final FreeBytes free, final long spareBytesMin) {
        super(out);
        this.free = free;
        this.spareBytesMin = spareBytesMin;
    }

    @Override
    public void write(final int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    /** Fails when the disk has not enough room to spare. */
    @Override
    public void write(final byte[] bytes, final int offset, final int length) throws IOException {
        untilLook -= length;
        if (untilLook < 0) {
            untilLook = LOOK_BYTES;
            final long freeBytes = free.count();
            if (freeBytes - LOOK_BYTES - length < spareBytesMin) {
                throw new IOException("its disk has " + (freeBytes >> 20) + " MiB left, of which the node needs "
                        + (spareBytesMin >> 20) + " MiB itself");
            }
        }
        out.write(bytes, offset, length);
    }
}
