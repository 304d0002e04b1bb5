package com.onebackend.registry.node.gossip;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;

/** Buffers outside the heap, where no count of the heap sees them, and the most bytes that were in them at once. */
final class MeteredAllocator extends AbstractByteBufAllocator {
    private long bytes;
    private long bytesMost;

    MeteredAllocator() {
        super(true);
    }

    long directBytesMost() {
        return bytesMost;
    }

    @Override
    public boolean isDirectBufferPooled() {
        return false;
    }

    @Override
    protected ByteBuf newHeapBuffer(final int initialBytes, final int bytesMax) {
        return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialBytes, bytesMax);
    }

    @Override
    protected ByteBuf newDirectBuffer(final int initialBytes, final int bytesMax) {
        return new Metered(initialBytes, bytesMax);
    }

    /** Also counts what it grows by, beside what it is copied from. */
    private final class Metered extends UnpooledDirectByteBuf {
        Metered(final int initialBytes, final int bytesMax) {
            super(MeteredAllocator.this, initialBytes, bytesMax);
            bytes += initialBytes;
            bytesMost = Math.max(bytesMost, bytes);
        }

        @Override
        public ByteBuf capacity(final int wanted) {
            final int before = capacity();
            bytesMost = Math.max(bytesMost, bytes + wanted);
            super.capacity(wanted);
            bytes += capacity() - before;
            return this;
        }

        @Override
        protected void deallocate() {
            bytes -= capacity();
            super.deallocate();
        }
    }
}
