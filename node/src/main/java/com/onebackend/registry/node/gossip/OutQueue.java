package com.onebackend.registry.node.gossip;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The frames that wait for one peer, bounded by their bytes, alone and together with those of all other peers. A frame
 * counts until it is written out, not only until it is taken.
 *
 * <p><i>Thread:</i> any.
 */
final class OutQueue {
    /** What may wait for one peer. */
    static final long PEER_BYTES_MAX = 8L << 20;

    /** What may wait for all peers together. */
    static final long TOTAL_BYTES_MAX = 64L << 20;

    /** What a frame costs beside its payload, so that a flood of small ones is bounded too. */
    static final int FRAME_OVERHEAD_BYTES = 64;

    private final AtomicLong totalBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger count = new AtomicInteger();
    private final Queue<byte[]> frames = new ConcurrentLinkedQueue<>();

    /**
     * Empty.
     *
     * @param totalBytes shared by the queues of all peers
     */
    OutQueue(final AtomicLong totalBytes) {
        this.totalBytes = totalBytes;
    }

    /** False when the frame does not fit. */
    boolean offer(final byte[] frame) {
        final long cost = cost(frame);
        if (bytes.addAndGet(cost) > PEER_BYTES_MAX) {
            bytes.addAndGet(-cost);
            return false;
        }
        count.incrementAndGet();
        if (totalBytes.addAndGet(cost) > TOTAL_BYTES_MAX) {
            release(frame);
            return false;
        }
        frames.add(frame);
        return true;
    }

    /** The next frame, or null. Its bytes are still counted: {@link #release} it. */
    byte[] poll() {
        return frames.poll();
    }

    /** The frame is written, or lost. */
    void release(final byte[] frame) {
        final long cost = cost(frame);
        bytes.addAndGet(-cost);
        totalBytes.addAndGet(-cost);
        count.decrementAndGet();
    }

    /** True when no frame waits to be taken. */
    boolean isEmpty() {
        return frames.isEmpty();
    }

    /** Frames that wait or are being written. */
    int frames() {
        return count.get();
    }

    /** Bytes that wait or are being written. */
    long bytes() {
        return bytes.get();
    }

    /** Drops all that wait; returns how many. */
    int clear() {
        int dropped = 0;
        for (byte[] frame = poll(); frame != null; frame = poll()) {
            release(frame);
            dropped++;
        }
        return dropped;
    }

    private static long cost(final byte[] frame) {
        return (long) frame.length + FRAME_OVERHEAD_BYTES;
    }
}
