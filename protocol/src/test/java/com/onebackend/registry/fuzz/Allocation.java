package com.onebackend.registry.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How much memory a step takes from the heap, whatever becomes of it. */
public final class Allocation {
    /** What bytes of somebody unknown may cost, whatever they say. */
    public static final long UNAUTHENTICATED_BYTES_MAX = 64 << 10;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocation() {}

    /** Runs it; fails when it takes more than so many bytes, also when measured a second time. */
    public static void atMost(final long bytesMax, final Runnable step) {
        // The first time classes are loaded and call sites linked, which nobody pays again.
        if (bytesOf(step) > bytesMax) {
            final long bytes = bytesOf(step);
            if (bytes > bytesMax) {
                throw new AssertionError("takes " + bytes + " bytes of heap, more than " + bytesMax);
            }
        }
    }

    private static long bytesOf(final Runnable step) {
        final long thread = Thread.currentThread().getId();
        final long before = THREADS.getThreadAllocatedBytes(thread);
        step.run();
        return THREADS.getThreadAllocatedBytes(thread) - before;
    }
}
